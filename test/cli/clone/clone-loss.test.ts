// What is in a clone and nowhere else is not removed without a word of its own.

import { mkdirSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { beforeEach, expect, test } from 'vitest'
import { cloneLeft, cloneRemoved } from '../../../src/cli/clone/clone-loss.js'
import type { Invocation } from '../../../src/cli/call/invocation.js'
import { pruneOn } from '../../../src/cli/removal/prune.js'
import { removeFrom } from '../../../src/cli/removal/rm.js'
import type { DesiredSandbox } from '../../../src/model/desired.js'
import { risks } from '../../../src/plan/risks.js'
import type { Host } from '../../../src/resolve/host.js'
import { neededFor } from '../../../src/cli/approving/approve.js'
import { cloneLossText, isAtRisk } from '../../../src/ui/clone-text.js'
import { planJson } from '../../../src/ui/plan-json.js'
import { planText } from '../../../src/ui/plan-text.js'
import { plainStyle } from '../../../src/ui/style.js'
import { applyTo, planFor } from '../../support/applying.js'
import { person } from '../../support/approving.js'
import { emptyWorld, file, ownContainer } from '../../support/examples.js'
import { FakeEngine } from '../../support/fake-engine.js'
import type { FakeWorld } from '../../support/fake-world.js'
import { TestRepository } from '../support/repository.js'

let repository: TestRepository
let world: FakeWorld
let cloned: DesiredSandbox
let volume: string
const host = { scope: '', stateFolder: '/none', programEnv: () => repository.env } as unknown as Host
const [mine, other] = ['a'.repeat(40), 'b'.repeat(40)]

beforeEach(async () => {
  repository = new TestRepository()
  repository.commit()
  const workspace = { path: repository.folder, readonly: false, mode: 'clone' } as const
  cloned = { ...file({ container: { workspace } }), workspace: repository.folder }
  volume = cloned.workspaceVolume ?? ''
  world = emptyWorld()
  await applyTo(world, cloned)
  inClone({ HEAD: 'ref: refs/heads/sbx/web\n', 'refs/heads/sbx/web': `${repository.head}\n` })
})

function inClone(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files))
    world.volumeFiles.set(`${volume}/.git/${path}`, { text, modifiedAt: 1 })
}

/** What git says of files that are not committed. */
function changed(count: number): void {
  world.piped.set('git', () => ({ output: '?? a\0'.repeat(count), exitCode: 0 }))
}

function call(): Invocation {
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const { signal } = new AbortController()
  return { env: {}, workingFolder: '/', input, output, errors, options: { color: false, quiet: true }, signal }
}

async function remove(options: Parameters<typeof removeFrom>[4] = {}, invocation = call()): Promise<number> {
  return removeFrom(invocation, new FakeEngine({ world }), host, [cloned.id], { volumes: true, ...options })
}

test('one with nothing of its own goes without a question', async () => {
  changed(0)
  expect(await remove()).toBe(0)
  expect(world.volumes.has(volume)).toBe(false)
})

test('commits and files that are nowhere else are named, and stay until somebody gives them up', async () => {
  changed(2)
  inClone({
    'refs/heads/sbx/web': `${mine}\n`,
    'packed-refs': `${other} refs/tags/own\n${repository.head} refs/heads/same\n`,
  })
  await expect(remove({ force: true })).rejects.toMatchObject({
    kind: 'approval',
    diagnostics: [
      {
        code: 'clone/unfetched',
        detail: expect.stringContaining(
          'web-3f2a1c: 2 branches that were not fetched (own (tag) bbbbbbb, sbx/web aaaaaaa), 2 files that are not committed',
        ) as string,
        command: 'sbx rm --force --volumes web-3f2a1c --discard',
      },
    ],
  })
  expect(world.volumes.has(volume)).toBe(true)
  expect(ownContainer(world).state).toBe('running')
  // Without --volumes nothing of it goes.
  expect(await remove({ volumes: false })).toBe(0)
  expect(world.volumes.has(volume)).toBe(true)
  await expect(remove()).rejects.toThrow('clone/unfetched')
  expect(await remove({ discard: true })).toBe(0)
  expect(world.volumes.has(volume)).toBe(false)
})

test('files that git does not know of are counted, whatever its settings in there say of telling them', async () => {
  world.piped.set('git', (_, argv) => ({
    output:
      argv.includes('status') && argv.includes('--untracked-files=normal') && argv.includes('core.fsmonitor=false')
        ? '?? a\0'
        : '',
    exitCode: 0,
  }))
  await expect(remove({ force: true })).rejects.toMatchObject({
    diagnostics: [{ detail: expect.stringContaining('1 file that is not committed') as string }],
  })
})

test('what was fetched is not lost, also where it is a branch of the host by now', async () => {
  changed(0)
  repository.git('checkout', '-q', '-b', 'sbx/web')
  repository.commit()
  inClone({ 'refs/heads/sbx/web': `${repository.head}\n` })
  repository.git('checkout', '-q', 'main')
  expect(await remove()).toBe(0)
})

test('commits of a submodule go with the clone, whatever was fetched, and so not unasked', async () => {
  changed(0)
  inClone({ 'modules/lib/HEAD': 'ref: refs/heads/main\n' })
  await expect(remove({ force: true })).rejects.toMatchObject({
    diagnostics: [
      { detail: expect.stringContaining('web-3f2a1c: what is in submodules (no fetch brings it)\n') as string },
    ],
  })
  expect(world.volumes.has(volume)).toBe(true)
  expect(await remove({ discard: true })).toBe(0)
})

test('nor do those of a repository that lies in it as a commit alone, unless nothing of that is there', async () => {
  const listed = `100644 ${mine} 0\ta\x00160000 ${other} 0\tlib\0`
  world.piped.set('git', (_, argv) => ({ output: argv.includes('ls-files') ? listed : '', exitCode: 0 }))
  world.volumeFiles.set(`${volume}/lib/.git/HEAD`, { text: 'ref: refs/heads/main\n', modifiedAt: 1 })
  await expect(remove({ force: true })).rejects.toMatchObject({
    diagnostics: [{ detail: expect.stringContaining('what is in submodules (no fetch brings it)\n') as string }],
  })
  expect(world.volumes.has(volume)).toBe(true)
  world.volumeFiles.delete(`${volume}/lib/.git/HEAD`)
  expect(await remove({ force: true })).toBe(0)
})

/** What the git inside does, by its subcommand. */
function doing(git: Readonly<Record<string, { readonly output?: string; readonly exitCode?: number }>>): void {
  world.piped.set('git', (_, argv) => ({ output: '', exitCode: 0, ...git[argv.find((word) => word in git) ?? ''] }))
}

test('one whose git does not say what is in it is asked about, and goes once that is known to be nothing', async () => {
  const many = Array.from({ length: 51 }, (_, at) => `160000 ${other} 0\tlib-${at}\0`).join('')
  for (const [git, said] of [
    [{ status: { exitCode: 1 } }, 'perhaps what is not committed (nobody has looked)'],
    [{ 'ls-files': { exitCode: 1 } }, 'what is in submodules (no fetch brings it)'],
    [{ 'ls-files': { output: many } }, 'what is in submodules (no fetch brings it)'],
    [{ status: { output: '\0'.repeat(64 * 1024 * 1024 + 1) } }, 'perhaps what is not committed (nobody has looked)'],
  ] as const) {
    doing(git)
    await expect(remove({ force: true })).rejects.toMatchObject({
      diagnostics: [{ code: 'clone/unfetched', detail: expect.stringContaining(said) as string }],
    })
  }
  doing({})
  expect(await remove({ force: true })).toBe(0)
})

test('what a repository above its folder has is not in one of the folder', async () => {
  changed(0)
  const workspace = `${repository.folder}/below`
  const container = { ...ownContainer(world), spec: { ...cloned.containerSpec } }
  const removed = { volume, workspace, container } as unknown as Parameters<typeof cloneRemoved>[0]
  const look = async (of: typeof removed) =>
    cloneRemoved(of, new FakeEngine({ world }), host, new AbortController().signal)
  mkdirSync(workspace)
  expect((await look(removed))?.branches.map(({ name }) => name)).toEqual(['sbx/web'])
  expect(await look({ ...removed, workspace: repository.folder })).toBeNull()
})

test('one that does not run, and one whose repository is gone, is asked about', async () => {
  world.powerOff()
  await expect(remove()).rejects.toMatchObject({
    diagnostics: [
      { detail: expect.stringContaining('web-3f2a1c: perhaps what is not committed (nobody has looked)\n') as string },
    ],
  })
  changed(0)
  ownContainer(world).state = 'running'
  repository.git('update-ref', '-d', 'refs/heads/main')
  await expect(remove()).rejects.toThrow('clone/unfetched')
})

test('in a terminal a person is asked, and no answer is no', async () => {
  changed(1)
  const no = person([[/Remove it all the same\?/, 'n']])
  await expect(remove({}, no.invocation)).rejects.toThrow('clone/unfetched')
  expect(no.heard()).toContain('1 file that is not committed')
  expect(world.volumes.has(volume)).toBe(true)
  expect(await remove({}, person([[/Remove it all the same\?/, 'y']]).invocation)).toBe(0)
})

test('what came to it after the look, until it was stopped, is told, and nothing is removed', async () => {
  changed(0)
  /** The agent commits over its end. */
  class Committing extends FakeEngine {
    override async perform(...[step, ...rest]: Parameters<FakeEngine['perform']>): ReturnType<FakeEngine['perform']> {
      const done = await super.perform(step, ...rest)
      if (step.do === 'stop') inClone({ 'refs/heads/sbx/web': `${mine}\n` })
      return done
    }
  }
  const removal = removeFrom(call(), new Committing({ world }), host, [cloned.id], { volumes: true })
  await expect(removal).rejects.toMatchObject({
    kind: 'approval',
    diagnostics: [
      {
        code: 'clone/unfetched',
        detail: expect.stringMatching(/sbx\/web aaaaaaa[^]*nothing of web-3f2a1c was removed/) as string,
        command: 'sbx rm --volumes web-3f2a1c --discard',
      },
    ],
  })
  expect(world.volumes.has(volume)).toBe(true)
  expect(ownContainer(world).state).toBe('running')
})

test('submodules and files that came to it after the look are told, also where something else was not known', async () => {
  changed(0)
  inClone({ 'lfs/objects/ab/cd/abcd': 'large' })
  const asked = person([[/Remove it all the same\?/, 'y']])
  asked.invocation.errors.on('data', (said: Buffer) => {
    if (/Remove it all/.test(said.toString())) inClone({ 'modules/lib/HEAD': 'ref: refs/heads/main\n' })
  })
  await expect(remove({}, asked.invocation)).rejects.toMatchObject({
    diagnostics: [
      { detail: expect.stringMatching(/: what is in submodules \(no fetch[^]*It was not there/) as string },
    ],
  })
  world.volumeFiles.delete(`${volume}/.git/modules/lib/HEAD`)
  world.volumeFiles.delete(`${volume}/.git/lfs/objects/ab/cd/abcd`)
  let looks = 0
  world.piped.set('git', (_, argv) => ({
    output: argv.includes('status') && ++looks > 1 ? '?? a\0' : '',
    exitCode: 0,
  }))
  await expect(remove()).rejects.toMatchObject({
    diagnostics: [{ detail: expect.stringMatching(/: 1 file that is not[^]*It was not there/) as string }],
  })
  expect(world.volumes.has(volume)).toBe(true)
})

test('files that were changed while a person was asked are told before it is stopped; those that were shown go', async () => {
  let looks = 0
  world.piped.set('git', () => ({ output: '?? a\0'.repeat((looks += 1)), exitCode: 0 }))
  const yes = person([[/Remove it all the same\?/, 'y']])
  await expect(remove({}, yes.invocation)).rejects.toMatchObject({
    diagnostics: [{ detail: expect.stringContaining('web-3f2a1c: 2 files that are not committed') as string }],
  })
  expect(ownContainer(world).state).toBe('running')
  changed(2)
  expect(await remove({}, person([[/Remove it all the same\?/, 'y']]).invocation)).toBe(0)
  expect(world.volumes.has(volume)).toBe(false)
})

test('without a terminal all that a removal lacks is named at once', async () => {
  changed(2)
  ownContainer(world).sessions = 2
  const command = 'sbx rm --force --volumes web-3f2a1c --discard'
  await expect(remove()).rejects.toMatchObject({
    kind: 'approval',
    diagnostics: [
      { code: 'cli/open-sessions', detail: expect.stringContaining('2 open sessions') as string, command },
      {
        code: 'clone/unfetched',
        detail: expect.stringContaining('sbx fetch web-3f2a1c --wip. To give') as string,
        command,
      },
    ],
  })
  await expect(remove({ discard: true })).rejects.toMatchObject({ diagnostics: [{ command }] })
  expect(await remove({ discard: true, force: true })).toBe(0)
})

test('of a removed one prune says in its list what is in it, and how that comes here', async () => {
  inClone({ 'refs/heads/sbx/web': `${mine}\n` })
  await remove({ volumes: false })
  const no = person([[/Remove all of this\?/, 'n']])
  const engine = new FakeEngine({ world })
  engine.clones = async () => [{ name: volume, sandbox: cloned, createdAt: '' }]
  await expect(pruneOn(no.invocation, engine, host, { volumes: true })).rejects.toMatchObject({
    diagnostics: [{ code: 'cli/not-confirmed', command: 'sbx prune --volumes --yes --discard' }],
  })
  const heard = no.heard().split('Remove all of this?')[0]
  expect(heard).toContain('web-3f2a1c: 1 branch that was not fetched (sbx/web aaaaaaa)')
  expect(heard).toContain(
    `bring it up in ${repository.folder} (\`sbx apply\`, or \`sbx run --clone NAME\` if it was made so)`,
  )
  expect(heard).toContain('then sbx fetch web-3f2a1c --wip')
})

test('prune takes none that has something of its own, whatever else was said yes to', async () => {
  inClone({ 'refs/heads/sbx/web': `${mine}\n` })
  await remove({ volumes: false })
  const prune = (options: Parameters<typeof pruneOn>[3]): Promise<number> =>
    pruneOn(call(), new FakeEngine({ world }), host, options)
  await expect(prune({ volumes: true, yes: true })).rejects.toMatchObject({
    diagnostics: [{ code: 'clone/unfetched', command: 'sbx prune --volumes --yes --discard' }],
  })
  expect(world.volumes.has(volume)).toBe(true)
  const asked = person([[/Remove it all the same\?/, 'y']])
  asked.invocation.errors.on('data', (said: Buffer) => {
    if (/Remove it all/.test(said.toString())) inClone({ 'refs/heads/more': `${other}\n` })
  })
  await expect(
    pruneOn(asked.invocation, new FakeEngine({ world }), host, { volumes: true, yes: true }),
  ).rejects.toMatchObject({ diagnostics: [{ detail: expect.stringContaining('(more bbbbbbb)') as string }] })
  expect(world.volumes.has(volume)).toBe(true)
  expect(await prune({ volumes: true, yes: true, discard: true })).toBe(0)
  expect(world.volumes.has(volume)).toBe(false)
})

test('a plan that leaves it behind says what is in it, by GETs alone, and needs a word for it', async () => {
  const bound = {
    ...file({ container: { workspace: { path: repository.folder, readonly: false } } }),
    workspace: repository.folder,
  }
  inClone({ 'refs/heads/try\u001b[2J': `${mine}\n` })
  const engine = new FakeEngine({ world })
  const plan = await planFor(world, bound)
  const live = await engine.observe(cloned.id, [])
  const clone = await cloneLeft(plan, live, engine, host)
  expect(clone).toEqual({
    ...{ branches: [{ name: 'try\u001b[2J', tip: mine }], uncommitted: null, fate: 'left' },
  })
  expect(engine.performed).toEqual([])
  const costs = risks(plan, { sessions: [], losses: null, clone })
  const planned = { plan, risks: costs, desired: bound } as unknown as Parameters<typeof neededFor>[0]
  const request = { command: 'sbx apply', mustAsk: true, allow: [], allowWiden: true, yes: true }
  expect(neededFor(planned, request)).toMatchObject({ discard: true })
  expect(neededFor(planned, { ...request, discard: true })).toMatchObject({ discard: false })
  const context = { configFile: null, endpoint: '', engine: '', now: new Date(0) }
  const text = planText([{ plan, risks: costs }], {
    ...context,
    style: plainStyle,
    workingFolder: '/',
    home: '/h',
    next: null,
  })
  expect(text.join('\n')).toMatch(/into your repository: sbx fetch \S+ --wip\n/)
  expect(text.join('\n')).toMatch(/LEFT {7}the clone[^]*1 branch that\s+was not\s+fetched \(try\\e\[2J aaaaaaa\)/)
  const json = planJson([{ plan, risks: costs }], { ...context, sbxVersion: '1' })
  expect(json).toMatchObject({
    summary: { data_loss: true },
    sandboxes: [{ clone: { branches: [{ tip: mine }], uncommitted: null, unknown: false, fate: 'left' } }],
  })
  // Where it goes over there is nothing to say.
  const edited = await planFor(world, { ...cloned, containerSpec: { ...cloned.containerSpec, sudo: false } })
  expect(edited.action).toBe('recreate')
  expect(await cloneLeft(edited, live, engine, host)).toBeNull()
})

test('what is left in its volume with nothing but files that are not committed needs no word', () => {
  const loss = { branches: [], uncommitted: null, fate: 'left' } as const
  expect(isAtRisk(loss)).toBe(false)
  expect(isAtRisk({ ...loss, fate: 'removed' })).toBe(true)
  expect(isAtRisk({ ...loss, isUnknown: true })).toBe(true)
  expect(cloneLossText({ ...loss, isUnknown: true })).toBe(
    'commits that sbx cannot tell, perhaps what is not committed (nobody has looked)',
  )
})

test('of one that was not filled to its end the plan says that it is to be', async () => {
  const fresh = emptyWorld()
  const { steps } = await planFor(fresh, cloned)
  await applyTo(
    fresh,
    cloned,
    {},
    { kind: 'crash', at: steps.findIndex((step) => step.do === 'seed-workspace'), when: 'before' },
  )
  const plan = await planFor(fresh, cloned)
  const context = {
    configFile: null,
    endpoint: '',
    engine: '',
    now: new Date(0),
    workingFolder: '/',
    home: '/h',
    next: null,
  }
  const text = planText([{ plan }], { ...context, style: plainStyle }).join('\n')
  expect(text).toContain('+ clone  to be filled, branch sbx/web-3f2a1c from c0')

  const bound = emptyWorld()
  await applyTo(bound, file({ container: { workspace: { path: cloned.workspace, readonly: false } } }))
  const changed = planText([{ plan: await planFor(bound, cloned) }], { ...context, style: plainStyle })
  const filled = changed.findIndex((line) => line.includes('+ clone  to be filled'))
  expect(changed[filled + 1]).toBe('               what is not committed, or ignored, stays here')
})

test('the plan of a new one says that it is a clone, and what stays on this machine', async () => {
  const desired = { ...cloned, clone: { branch: 'sbx/web', head: repository.head } }
  const context = { configFile: null, endpoint: '', engine: '', now: new Date(0), workingFolder: '/', next: null }
  const textOf = async (there: FakeWorld): Promise<string> => {
    const plan = await planFor(there, desired)
    return planText([{ plan }], { ...context, style: plainStyle, home: '/h' }).join('\n')
  }
  const text = await textOf(emptyWorld())
  const lines = text.split('\n')
  const at = lines.findIndex((line) => line.includes('+ workspace'))
  expect(lines[at]).toMatch(/ {2}a clone of its own$/)
  expect(lines[at + 1]?.trim()).toContain('+ branch')
  expect(lines[at + 1]).toMatch(new RegExp(` sbx/web from ${repository.head.slice(0, 7)}$`))
  expect(lines[at + 2]?.trim()).toBe('what is not committed, or ignored, stays here')
  expect(text).not.toContain('read-write')
  world.containers.clear()
  expect(await textOf(world)).toContain('a clone, as it was left')
})
