import { expect, test } from 'vitest'
import { askSessions } from '../../../src/cli/session/ls-sessions.js'
import type { Command, CommandResult } from '../../../src/model/command.js'
import { DiagnosticError, fail } from '../../../src/model/diagnostic.js'
import { liveContainer } from '../../ui/situations.js'

const line = '6921b3a0ff\trunning\t-\t1763816352\t-\t1\t1763816400\twaiting\tclaude\n'

/** Answers in the order in which it is asked, when it is told to. */
class SlowEngine {
  readonly asked: { readonly id: string; readonly command: Command; readonly answer: (text: string) => void }[] = []
  atOnce = 0
  most = 0

  async run(id: string, command: Command): Promise<CommandResult> {
    this.atOnce += 1
    this.most = Math.max(this.most, this.atOnce)
    const stdout = await new Promise<string>((answer) => this.asked.push({ id, command, answer }))
    this.atOnce -= 1
    if (stdout === 'timeout') fail('engine/command-timeout', 'A command in the sandbox does not end', {})
    if (stdout === 'bug') throw new TypeError('bug')
    return { exitCode: 0, stdout, stderr: '' }
  }
}

const containers = (count: number, state: 'running' | 'exited' | 'paused' = 'running') =>
  Array.from({ length: count }, (_, at) => ({ ...liveContainer, id: `${state}-${at}`, state }))
const never = new AbortController().signal

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

test('each that runs is asked once, eight at a time and for two seconds, and no other', async () => {
  const engine = new SlowEngine()
  const answers = askSessions(
    engine,
    [...containers(3, 'exited'), ...containers(20), ...containers(2, 'paused')],
    never,
  )
  for (let at = 0; at < 20; at++) {
    await settled()
    engine.asked[at]?.answer(at === 5 ? 'timeout' : at === 6 ? 'what\tis this\nno\n' : at === 7 ? '' : line)
  }
  const known = await answers
  expect(engine.most).toBe(8)
  expect(engine.asked.map(({ id }) => id)).toEqual(containers(20).map(({ id }) => id))
  expect(engine.asked.every(({ command }) => command.limit === 2_000 && command.user === 'agent')).toBe(true)
  expect([...known.keys()]).toEqual(containers(20).map(({ id }) => id))
  expect([known.get('running-5'), known.get('running-6'), known.get('running-7')]).toEqual([null, [], []])
  expect(known.get('running-0')).toEqual([
    expect.objectContaining({ id: '6921b3a0ff', state: 'running', mood: 'waiting', isAttached: true }),
  ])
})

test('an interruption and a bug go on as what they are', async () => {
  const engine = new SlowEngine()
  const failing = askSessions(engine, containers(1), never)
  await settled()
  engine.asked[0]?.answer('bug')
  await expect(failing).rejects.toThrow(TypeError)
  const interrupted = askSessions(engine, containers(1), AbortSignal.abort())
  await settled()
  engine.asked[1]?.answer('timeout')
  await expect(interrupted).rejects.toThrow(DiagnosticError)
})
