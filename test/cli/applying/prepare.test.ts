// What makes a project ready, from the file to the command inside: what it is given, what is told of it, and what is left
// when it fails.

import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { declareAll } from '../../../src/cli/many/all.js'
import { applyAllOn } from '../../../src/cli/many/apply-all.js'
import { prepareOn } from '../../../src/cli/applying/prepare.js'
import type { Invocation } from '../../../src/cli/call/invocation.js'
import { readHost } from '../../../src/resolve/host.js'
import { FakeEngine } from '../../support/fake-engine.js'
import { FakeWorld, type FakeContainer } from '../../support/fake-world.js'

let root: string
let folder: string
let world: FakeWorld

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'sbx-prepare-')))
  folder = join(root, 'web')
  await mkdir(folder)
  world = new FakeWorld()
  world.images.set('acme/agent:1', 'sha256:one')
})
afterEach(async () => {
  await rm(root, { recursive: true })
})

type Piped = Parameters<FakeEngine['pipe']>[1]
type Ended = {
  readonly exitCode: number
  readonly output: string
  readonly errors: string
  readonly ran: readonly Piped[]
}

/** Applies the file of the folder; `answer` is what each command prints and ends with, by its text. */
async function apply(
  prepare: string,
  answer: (run: string) => string | { readonly output: string; readonly exitCode: number } = () => '',
  given: {
    readonly env?: Record<string, string>
    readonly json?: true
    readonly prepares?: true
    readonly signal?: AbortSignal
  } = {},
): Promise<Ended> {
  await writeFile(join(folder, 'sandbox.yaml'), `name: web\nagent: claude\ntemplate: acme/agent:1\n${prepare}`)
  const ran: Piped[] = []
  class Engine extends FakeEngine {
    override async pipe(...call: Parameters<FakeEngine['pipe']>): ReturnType<FakeEngine['pipe']> {
      ran.push(call[1])
      return super.pipe(...call)
    }
  }
  world.piped.set('/bin/sh', (_, argv) => {
    const answered = answer(argv.at(-1) ?? '')
    return typeof answered === 'string' ? { output: answered, exitCode: 0 } : answered
  })
  const texts = { output: '', errors: '' }
  const stream = (name: keyof typeof texts): PassThrough =>
    new PassThrough().on('data', (piece: Buffer) => (texts[name] += piece.toString()))
  const invocation: Invocation = {
    options: { color: false, ...(given.json === undefined ? {} : { json: given.json }) },
    signal: given.signal ?? new AbortController().signal,
    env: {
      ...{ XDG_CONFIG_HOME: join(root, 'config'), XDG_STATE_HOME: join(root, 'state') },
      ...{ XDG_CACHE_HOME: join(root, 'cache'), PATH: process.env['PATH'], ...given.env },
    },
    workingFolder: root,
    ...{ input: new PassThrough(), output: stream('output'), errors: stream('errors') },
  }
  const all = await declareAll(invocation, await readHost(invocation.env), [], {})
  const options = { allow: [], allowWiden: true, discard: true, yes: true }
  const engine = new Engine({ world })
  const [only] = all.declared
  const exitCode =
    given.prepares === true && only !== undefined
      ? await prepareOn(invocation, engine, only.declared)
      : await applyAllOn(invocation, engine, all, [], options)
  return { exitCode, ...texts, ran }
}

function sandbox(): FakeContainer | undefined {
  return [...world.containers.values()].find(({ request }) => request !== null)
}

/** What this machine remembers of the sandbox. */
async function approvals(): Promise<readonly unknown[]> {
  const folder = join(root, 'state/sbx/approvals')
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.json'))
  return Promise.all(files.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as unknown))
}

test('a command has the environment of a session and the workspace, and what it prints is told', async () => {
  const file = 'env: { WHO: ada }\nsecrets: { TOKEN: { env: TOKEN } }\nprepare: [npm ci, make]\n'
  const answer = (run: string): string => (run === 'make' ? '' : 'one\n\n\u001b[31mtwo\u001b[m\u0007\r\n10%\r50%\r100%')
  const { exitCode, errors, ran } = await apply(file, answer, { env: { TOKEN: 'a-secret' } })
  expect(exitCode).toBe(0)
  expect(ran.map(({ argv }) => argv.at(-1))).toEqual(['npm ci', 'make'])
  expect(ran[0]).toMatchObject({ user: 'agent', workingFolder: folder, env: { WHO: 'ada', TOKEN: 'a-secret' } })
  expect(JSON.stringify(ran.map(({ argv }) => argv))).not.toContain('a-secret')
  const told = errors.split('\n').filter((line) => line.includes(' | '))
  expect(told).toEqual(['    web | one', '    web | two\\x07', '    web | 100%'])
  expect((await apply(file, answer, { env: { TOKEN: 'a-secret' } })).ran).toEqual([])
})

test('for a script each line is an event', async () => {
  const { output } = await apply('prepare: [npm ci]\n', () => 'one\ntwo\n', { json: true })
  const events = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(events.filter(({ type }) => type === 'progress')).toMatchObject([
    { op: 'prepare', line: 'one' },
    { op: 'prepare', line: 'two' },
  ])
})

test('one that fails fails the apply, leaves the sandbox up, and is what the next one begins with', async () => {
  const lines = Array.from({ length: 30 }, (_, at) => `line ${String(at + 1)}`)
  const file = 'prepare:\n  - npm ci\n  - make\n  - make db\n'
  const answer = (run: string) => (run === 'make' ? { output: lines.join('\n'), exitCode: 3 } : '')
  const { exitCode, errors, ran } = await apply(file, answer)
  expect(exitCode).toBe(1)
  expect(ran).toHaveLength(2)
  expect(sandbox()).toMatchObject({ state: 'running' })
  const told = errors.slice(errors.indexOf('prepare/failed'))
  expect(told).toContain('sandbox.yaml:6:5')
  expect(told).toContain('make ended with exit code 3.')
  expect(told).toMatch(/The last that it printed:\s+line 11\n/)
  expect(told).toContain('web runs, and its project is not ready.')
  expect(told).toMatch(/sbx run\s+--no-prepare/)
  // What it reaches now is known although the apply did not come to its end.
  expect(await approvals()).toContainEqual(expect.objectContaining({ reach: expect.objectContaining({}) as object }))
  const again = await apply(file)
  expect(again.exitCode).toBe(0)
  expect(again.ran.map(({ argv }) => argv.at(-1))).toEqual(['make', 'make db'])
})

test('one that was interrupted did not run', async () => {
  const controller = new AbortController()
  const file = 'prepare: [npm ci, make]\n'
  const { exitCode } = await apply(
    file,
    (run) => {
      if (run === 'make') controller.abort()
      return ''
    },
    { signal: controller.signal },
  )
  expect(exitCode).toBe(130)
  expect((await apply(file)).ran.map(({ argv }) => argv.at(-1))).toEqual(['make'])
})

test('a file that a command goes by is looked at each time; one that is another runs it again', async () => {
  const file = 'prepare: [{ run: npm ci, when: [package-lock.json, none] }, make]\n'
  await writeFile(join(folder, 'package-lock.json'), 'one')
  await apply(file)
  expect((await apply(file)).ran).toEqual([])
  await writeFile(join(folder, 'package-lock.json'), 'two')
  const changed = await apply(file)
  expect(changed.output).toMatch(/~ prepare {2}npm ci {2}# package-lock.json or none changed/)
  expect(changed.ran.map(({ argv }) => argv.at(-1))).toEqual(['npm ci'])
})

test('a value that is missing on this machine fails it before anything is made', async () => {
  const { exitCode, errors } = await apply('env: { HANDED: "${env:SBX_TEST_UNSET}" }\nprepare: [npm ci]\n')
  expect(exitCode).toBe(1)
  expect(errors).toContain('SBX_TEST_UNSET')
  expect(sandbox()).toBeUndefined()
})

test('sbx prepare runs each once more, and nothing where there is something else to do', async () => {
  const file = 'prepare: [npm ci, make]\n'
  await apply(file)
  const again = await apply(file, undefined, { prepares: true })
  expect(again).toMatchObject({ exitCode: 0, output: expect.stringMatching(/^Applied: web updated/) as string })
  expect(again.ran.map(({ argv }) => argv.at(-1))).toEqual(['npm ci', 'make'])
  await expect(apply(`${file}sudo: false\n`, undefined, { prepares: true })).rejects.toThrow('prepare/other-changes')
  world.powerOff()
  await expect(apply(file, undefined, { prepares: true })).rejects.toThrow('prepare/other-changes')
  world.containers.clear()
  await expect(apply(file, undefined, { prepares: true })).rejects.toThrow('cli/not-running')
  expect(await apply('', undefined, { prepares: true })).toMatchObject({ output: 'web has no commands in prepare.\n' })
})

test('inside a command goes by what it is and by its files, so that one that waits for another knows whether it is the same', async () => {
  const whats: (string | undefined)[] = []
  for (const [lock, run] of [
    ['one', 'npm ci'],
    ['two', 'npm ci'],
    ['two', 'npm install'],
  ] as const) {
    await writeFile(join(folder, 'lock'), lock)
    const { ran } = await apply(`prepare:\n  - { run: ${run}, when: lock }\n`)
    expect(ran.at(-1)?.argv.at(-1)).toBe(run)
    whats.push(ran.at(-1)?.argv.at(-2))
  }
  expect(whats.every((what) => /^[\w-]+$/.test(what ?? ''))).toBe(true)
  expect(new Set(whats).size).toBe(3)
})
