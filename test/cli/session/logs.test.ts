import { PassThrough, Readable, Writable } from 'node:stream'
import { expect, test } from 'vitest'
import type { Invocation } from '../../../src/cli/call/invocation.js'
import { tellLog } from '../../../src/cli/session/logs.js'
import type { LogsOptions } from '../../../src/cli/call/options.js'
import type { ArchiveEntry } from '../../../src/model/archive.js'
import type { CommandResult, PipedCommand, PipedStreams } from '../../../src/model/command.js'
import { DiagnosticError, fail } from '../../../src/model/diagnostic.js'
import { expectValid } from '../../e2e/support/documents.js'
import { liveContainer } from '../../ui/situations.js'

const [first, second] = ['6921b3a0ff', '6921c00000']
const history = '/home/agent/.local/state/sbx/sessions'
const hostile = '\u001b]0;owned\u0007one\u001b[31m\u202e!\r\n\u001b[H\u001b[2Jtwo\u001bP1$r\u001b\\'

/** An engine with two sessions, of which one wrote this. */
class LogEngine {
  readonly asked: string[] = []
  readonly files: Readonly<Record<string, string>> = {
    [`${first}/log.end`]: 'first\n',
    [`${first}/code`]: '0\n',
    [`${second}/log.now`]: 'zero\n',
    [`${second}/log.new`]: hostile,
  }
  piped: PipedCommand | null = null
  whenPiped = (): void => undefined

  async run(): Promise<CommandResult> {
    this.asked.push('run')
    const line = (id: string, state: string) => `${id}\t${state}\t0\t1763816352\t-\t1\t-\t-\tclaude\n`
    return { exitCode: 0, stdout: line(first, 'ended') + line(second, 'running') + 'x\u001b[2J\n', stderr: '' }
  }

  async pipe(_: string, command: PipedCommand, { output }: PipedStreams, signal?: AbortSignal) {
    this.piped = command
    this.whenPiped()
    for (const piece of ['zero\n', hostile.slice(0, 12), hostile.slice(12)]) {
      await new Promise((resolve) => output.write(piece, resolve))
    }
    if (signal?.aborted === true) fail('engine/interrupted', 'Interrupted', {}, 'interrupted')
    await new Promise<void>((resolve) => output.end(resolve))
    return { exitCode: 0, stderr: '' }
  }

  async *readArchive(_: string, path: string): AsyncIterable<ArchiveEntry> {
    this.asked.push(path)
    const top = path === history ? '' : path.slice(history.length + 1)
    const names = Object.keys(this.files).filter((name) => top === '' || name.startsWith(`${top}/`))
    const folders =
      top === '' ? ['', ...new Set(names.map((name) => name.split('/')[0] ?? ''))] : names.length > 0 ? [''] : []
    const entry = { mode: 0o600, uid: 1, gid: 1, size: 0, modifiedAt: 0, target: null }
    for (const folder of folders) yield { ...entry, path: folder, kind: 'folder', content: Readable.from([]) }
    for (const name of names) {
      const text = Buffer.from(this.files[name] ?? '')
      const inside = top === '' ? name : name.slice(top.length + 1)
      yield await Promise.resolve({
        ...entry,
        path: inside,
        kind: 'file',
        size: text.length,
        content: Readable.from([text]),
      })
    }
  }
}

async function told(
  session: string | undefined,
  options: LogsOptions & { readonly json?: boolean } = {},
  { state = 'running', isEnded = false }: { state?: 'running' | 'exited'; isEnded?: boolean } = {},
) {
  const engine = new LogEngine()
  const person = new AbortController()
  if (isEnded) engine.whenPiped = () => person.abort()
  const output = new PassThrough()
  const { json = false, ...rest } = options
  const invocation = { output, signal: person.signal, options: { json, color: true } } as unknown as Invocation
  await tellLog(invocation, engine, { ...liveContainer, state }, session, rest)
  return { engine, output: (output.read() as Buffer | null)?.toString() ?? '' }
}

async function refusal(session: string | undefined, state?: 'running' | 'exited') {
  try {
    await told(session, {}, state === undefined ? {} : { state })
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics[0]
    throw error
  }
  return undefined
}

test('the newest one is told where none is named, without a thing that would steer a terminal', async () => {
  const { engine, output } = await told(undefined)
  expect(output).toBe('zero\none!\ntwo\n')
  expect(engine.asked).toEqual(['run', `${history}/${second}`])
})

test('one is named by its id, or by the beginning of it', async () => {
  const { engine, output } = await told(first)
  expect([output, engine.asked]).toEqual(['first\n', [`${history}/${first}`]])
  expect((await told('6921b')).output).toBe('first\n')
})

test('or by its end, since those of an hour begin alike', async () => {
  expect((await told('b3a0ff')).output).toBe('first\n')
  expect((await told('ff', {}, { state: 'exited' })).output).toBe('first\n')
})

test('of a sandbox that is stopped nothing is run', async () => {
  const { engine, output } = await told(undefined, { follow: true }, { state: 'exited' })
  expect(output).toBe('zero\none!\ntwo\n')
  expect(engine.asked).toEqual([history, `${history}/${second}`])
  expect(engine.piped).toBeNull()
  expect((await told('6921b', {}, { state: 'exited' })).output).toBe('first\n')
})

test('which one is meant must be clear, and it must be there', async () => {
  const ended = expect.stringMatching(/^claude, since .*, ended .*with exit code 0$/)
  const several = { code: 'session/several', command: `sbx logs ${liveContainer.sandbox.id} ${second}` }
  const running = {
    ...several,
    table: [
      [first, ended],
      [second, expect.stringMatching(/^claude, since /)],
    ],
  }
  expect(await refusal('6921')).toMatchObject(running)
  const stopped = {
    ...several,
    table: [
      [first, expect.stringMatching(/, ended .*with exit code 0$/)],
      [second, expect.stringContaining('ended from outside')],
    ],
  }
  expect(await refusal('6921', 'exited')).toMatchObject(stopped)
  expect(await refusal('7')).toMatchObject({
    code: 'session/no-such',
    table: [
      [first, ended],
      [second, expect.anything()],
    ],
  })
  expect(await refusal('')).toMatchObject({ code: 'session/no-such' })
  expect(await refusal('../../../..')).toMatchObject({ code: 'session/no-such' })
  expect(await refusal('0000000000')).toMatchObject({ code: 'session/no-such' })
  expect(await refusal('0000000000', 'exited')).toMatchObject({ code: 'session/no-such' })
})

test('--raw is every byte, as it was written', async () => {
  expect((await told(undefined, { raw: true })).output).toBe(`zero\n${hostile}`)
  expect((await told(undefined, { raw: true, follow: true })).output).toBe(`zero\n${hostile}`)
})

test('--json is a document a line', async () => {
  const lines = (await told(undefined, { json: true })).output.trimEnd().split('\n')
  for (const line of lines) expectValid('logs', JSON.parse(line))
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
    ['zero', 'one!', 'two'].map((text) => ({ format_version: '1.0', session: second, text })),
  )
  expect((await told(undefined, { json: true, follow: true })).output.trimEnd().split('\n')).toEqual(lines)
})

test('-f tells what is written until the session ends, or a person has seen enough', async () => {
  const { engine, output } = await told('6921c', { follow: true })
  expect(output).toBe('zero\none!\ntwo\n')
  expect(engine.piped?.argv.slice(4)).toEqual([`${history}/${second}`, `/run/sbx/sessions/kept-${second}/socket`])
  expect((await told(second, { follow: true }, { isEnded: true })).output).toBe('zero\none!\ntwo\n')
})

test('a person who has seen enough is not kept waiting for what a sandbox hands over', async () => {
  const seen = new AbortController()
  let isAsked = (): void => undefined
  const asked = new Promise<void>((resolve) => (isAsked = resolve))
  const engine = Object.assign(new LogEngine(), {
    readArchive: async function* (): AsyncGenerator<ArchiveEntry> {
      isAsked()
      await new Promise(() => undefined)
      yield* []
    },
  })
  const invocation = { output: new PassThrough(), signal: seen.signal, options: {} } as unknown as Invocation
  for (const session of [first, undefined]) {
    const log = tellLog(invocation, engine, { ...liveContainer, state: 'exited' }, session, {})
    await asked
    seen.abort()
    await expect(log).rejects.toMatchObject({ diagnostics: [{ code: 'engine/interrupted' }] })
  }
})

test.each([false, true])('-f takes no more than is read of it (--raw: %s)', async (raw) => {
  const stopped = new Writable({ write: () => undefined })
  const invocation = { output: stopped, signal: new AbortController().signal, options: {} } as unknown as Invocation
  let taken = 0
  const engine = Object.assign(new LogEngine(), {
    pipe: async (_: string, __: PipedCommand, { output }: PipedStreams) => {
      while (output.write('a line\n'.repeat(1000)) && taken < 1000) taken += 1
      return Promise.resolve({ exitCode: 0, stderr: '' })
    },
  })
  await tellLog(invocation, engine, { ...liveContainer, state: 'running' }, first, { follow: true, raw })
  expect(taken).toBeLessThan(10)
})
