// The live table as a terminal gets it, and what goes where there is none.

import { PassThrough } from 'node:stream'
import { expect, test, vi } from 'vitest'
import type { Invocation } from '../../../src/cli/call/invocation.js'
import { sandboxesOf } from '../../../src/cli/declared/sandboxes.js'
import { showLive } from '../../../src/cli/watching/stats-live.js'
import { Watch } from '../../../src/cli/watching/watch.js'
import { DiagnosticError, fail } from '../../../src/model/diagnostic.js'
import type { Engine } from '../../../src/model/engine.js'
import type { ListedContainer } from '../../../src/model/live.js'
import type { Usage } from '../../../src/model/watching.js'
import { appliedWorld } from '../../support/examples.js'
import { FakeEngine } from '../../support/fake-engine.js'
import { expectValid } from '../../e2e/support/documents.js'

const usage: Usage = {
  ...{ at: 1_800_000_000, cpu: 0.5, memory: 2 ** 20, memoryLimit: null },
  ...{ pids: 3, pidsLimit: 100, received: 1, sent: 1 },
}

type Output = PassThrough & { isTTY?: boolean; columns?: number; rows?: number }

type Options = {
  readonly columns?: number
  readonly rows?: number
  readonly json?: boolean
  readonly usage?: Engine['usage']
}

const wide = { columns: 80, rows: 24 }

/** At a pace that no test has to wait for. */
async function watching({ columns, rows, json = false, usage: said }: Options = {}) {
  const { world, container } = await appliedWorld()
  world.usages.set(container.id, [{ ...usage, cpu: null }, usage])
  const engine: Engine = new FakeEngine({ world })
  if (said !== undefined) engine.usage = said
  const controller = new AbortController()
  const output: Output = new PassThrough()
  if (columns !== undefined) Object.assign(output, { columns, rows, isTTY: true })
  const invocation = {
    ...{ env: {}, workingFolder: '/', input: new PassThrough(), output, errors: new PassThrough() },
    ...{ options: { color: false, json }, signal: controller.signal },
  } as Invocation
  let written = ''
  output.setEncoding('utf8')
  const waiting: (() => void)[] = []
  output.on('data', (piece: string) => {
    written += piece
    for (const look of [...waiting]) look()
  })
  const see = (pattern: RegExp): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!pattern.test(written)) return
        waiting.splice(waiting.indexOf(look), 1)
        resolve()
      }
      waiting.push(look)
      look()
    })
  const choose = async (): Promise<readonly ListedContainer[]> => sandboxesOf(await engine.list())
  const watch = new Watch(engine, controller.signal, choose)
  const shown = choose().then((first) => showLive(invocation, watch, first, 5))
  return { engine, world, container, output, shown, see, stop: () => controller.abort(), text: () => written }
}

const [enter, leave] = ['\u001b[?1049h\u001b[?25l\u001b[?7l', '\u001b[?7h\u001b[?25h\u001b[?1049l']

test('on a terminal it is drawn on the other screen, anew where the size changes, and what was seen last stays', async () => {
  const { output, shown, see, stop, text } = await watching(wide)
  await see(/50%/)
  output.columns = 140
  const before = text().length
  output.emit('resize')
  // All of the screen is cleared first, and nothing once a line is there, which may fill its row.
  const frame = text().slice(before)
  expect(frame.split('\u001b')).toEqual(['', '[H', expect.stringMatching(/^\[Jsbx stats at .*\r\n\r\nNAME .*50%/s)])
  stop()
  await shown
  expect(text().startsWith(`${enter}\u001b[H`)).toBe(true)
  expect(text().split(enter)).toHaveLength(2)
  const [, after = ''] = text().split(leave)
  expect(after).toMatch(/^NAME .*\nweb +50% .*\n$/)
  expect(output.listenerCount('resize')).toBe(0)
})

test('Ctrl-Z gives the terminal back, and what goes on draws on', async () => {
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
  try {
    const { shown, see, stop, text } = await watching(wide)
    await see(/50%/)
    process.emit('SIGTSTP')
    expect(kill).toHaveBeenCalledExactlyOnceWith(process.pid, 'SIGSTOP')
    expect(text().endsWith(leave)).toBe(true)
    await see(/\u001b\[\?1049l\u001b\[\?1049h/)
    stop()
    await shown
    expect(process.listenerCount('SIGTSTP')).toBe(0)
  } finally {
    kill.mockRestore()
  }
})

test('what fails while it is drawn gives the terminal back first', async () => {
  const { engine, shown, see, text, world, container } = await watching(wide)
  await see(/50%/)
  engine.list = async () => fail('engine/unreachable', 'Cannot reach the container engine', {}, 'unreachable')
  await expect(shown).rejects.toThrow(DiagnosticError)
  expect(text().endsWith(leave)).toBe(true)
  expect(world.containers.get(container.id)?.state).toBe('running')
})

test('what the engine says wrongly of one ends it, with the terminal given back', async () => {
  let goOn = (): void => undefined
  const isSeen = new Promise<void>((resolve) => (goOn = resolve))
  const { shown, see, text } = await watching({
    ...wide,
    usage: async function* () {
      yield usage
      await isSeen
      throw new DiagnosticError([{ severity: 'error', code: 'engine/no-engine', summary: 'What answers is no engine' }])
    },
  })
  const ended = expect(shown).rejects.toThrow(DiagnosticError)
  await see(/50%/)
  goOn()
  await ended
  expect(text().endsWith(leave)).toBe(true)
})

test('without a terminal it is a line for each look, and with --json a document', async () => {
  const lines = await watching()
  await lines.see(/web {2}50% /)
  lines.stop()
  await lines.shown
  expect(lines.text()).toMatch(/^\d\d:\d\d:\d\d {2}web {2}.*\n/)
  expect(lines.text()).not.toContain('\u001b')

  const json = await watching({ json: true })
  await json.see(/"cpu":0.5/)
  json.stop()
  await json.shown
  for (const line of json.text().trimEnd().split('\n')) expectValid('stats', JSON.parse(line))
})

test('a sandbox that comes is watched, and one that goes is not', async () => {
  const { engine, world, container, shown, see, stop, text } = await watching()
  await see(/web {2}50% /)
  container.state = 'exited'
  await see(/web {2}- {2}stopped/)
  world.containers.delete(container.id)
  engine.list = async () => []
  const before = text().length
  stop()
  await shown
  expect(text().slice(before)).toBe('')
})
