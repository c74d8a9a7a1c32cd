import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { userNotify } from '../../../src/cli/session/notify.js'
import { watchOn } from '../../../src/cli/session/watch-session.js'
import { DiagnosticError } from '../../../src/model/diagnostic.js'
import { readHost } from '../../../src/resolve/host.js'
import { temporaryFolder } from '../../support/temporary-folder.js'
import { applyTo } from '../../support/applying.js'
import { emptyWorld, file, ownContainer } from '../../support/examples.js'
import { FakeEngine } from '../../support/fake-engine.js'
import { liveContainer } from '../../ui/situations.js'

async function user(command?: string) {
  const home = temporaryFolder('notify')
  const [config, bin] = [join(home, '.config/sbx'), join(home, 'bin')]
  for (const folder of [config, bin]) mkdirSync(folder, { recursive: true })
  writeFileSync(join(bin, 'done'), '', { mode: 0o755 })
  if (command !== undefined) writeFileSync(join(config, 'notify.yaml'), `command: [${command}]\n`, { mode: 0o600 })
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
  const sources = { platform: 'linux', home, hostName: 'host', uid, gid, workingFolder: home } as const
  return { home, bin, config, host: await readHost({ PATH: bin }, sources) }
}

/** A sandbox whose agent can write there. */
function sandboxOf(path: string) {
  const { sandbox, spec } = liveContainer
  return { sandbox, spec: { ...spec, workspace: { path, readonly: false }, mounts: {} } }
}

function codeOf(work: () => unknown): string | undefined {
  try {
    work()
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics[0]?.code
    throw error
  }
  return undefined
}

test('a program is found on PATH, or at its place', async () => {
  const named = await user('done, now')
  expect(userNotify(named.host, []).command).toEqual(['done', 'now'])
  const placed = await user('~/bin/done')
  expect(userNotify(placed.host, []).command).toEqual([join(placed.bin, 'done')])
})

test('what could not be run is refused before a session begins', async () => {
  const none = await user()
  const missing = await user('no-such-program')
  const gone = await user('~/bin/gone')
  const codes = [none, missing, gone].map(({ host }) => codeOf(() => userNotify(host, [])))
  expect(codes).toEqual(['notify/none', 'notify/no-program', 'notify/no-program'])
})

test('a word is no path where a folder in the home has that name as well', async () => {
  const { host, home } = await user('done, sbx')
  mkdirSync(join(home, 'sbx'))
  expect(userNotify(host, [sandboxOf(join(home, 'sbx'))]).command).toEqual(['done', 'sbx'])
})

test('neither the file nor its program may lie where an agent can write', async () => {
  const { host, home, bin, config } = await user('~/bin/done')
  const refusals = [home, bin, config].map((path) => codeOf(() => userNotify(host, [sandboxOf(path)])))
  expect(refusals).toEqual(['notify/in-reach', 'notify/in-reach', 'notify/in-reach'])
  expect(codeOf(() => userNotify(host, [sandboxOf(join(home, 'src'))]))).toBeUndefined()
  const { sandbox, spec } = sandboxOf(bin)
  expect(
    codeOf(() => userNotify(host, [{ sandbox, spec: { ...spec, workspace: { path: bin, readonly: true } } }])),
  ).toBeUndefined()
})

test('nor may a link on the way to the program, or what the program is to run, lie there', async () => {
  const { host, home } = await user('~/.venv/bin/python, x')
  mkdirSync(join(home, '.venv/bin'), { recursive: true })
  symlinkSync('/bin/sh', join(home, '.venv/bin/python'))
  expect(codeOf(() => userNotify(host, [sandboxOf(join(home, '.venv'))]))).toBe('notify/in-reach')
  expect(codeOf(() => userNotify(host, [sandboxOf(join(home, 'src'))]))).toBeUndefined()
  for (const argument of ['src/told.sh', './src/told.sh', '--rcfile=src/rc', 'told.sh', '--rcfile=told.sh']) {
    const named = await user(`done, ${argument}`)
    mkdirSync(join(named.home, 'src'))
    writeFileSync(join(named.home, 'src/told.sh'), '')
    symlinkSync('src/told.sh', join(named.home, 'told.sh'))
    const agents = [sandboxOf(join(named.home, 'src'))]
    expect(
      codeOf(() => userNotify(named.host, agents)),
      argument,
    ).toBe('notify/in-reach')
    expect(codeOf(() => userNotify(named.host, [sandboxOf(join(named.home, 'other'))]))).toBeUndefined()
  }
})

test('it is run when the session has ended, unless an agent can write by then what would be run', async () => {
  const { host, home, bin } = await user('~/bin/done')
  const mark = join(home, 'mark')
  writeFileSync(join(bin, 'done'), `#!/bin/sh\necho "$SBX_SESSION" >'${mark}'\n`)
  const world = emptyWorld()
  await applyTo(world, file())
  const { id } = ownContainer(world)
  let written = bin
  class Widened extends FakeEngine {
    override async list(): ReturnType<FakeEngine['list']> {
      const listed = await super.list()
      // Not when it began: by the time that it has ended.
      if (world.attached.length === 0) return listed
      return listed.map((each) => ({ ...each, spec: { ...each.spec, workspace: { path: written, readonly: false } } }))
    }
  }
  const watch = async () =>
    watchOn({ signal: new AbortController().signal }, new Widened({ world }), host, id, 'abcdef0123')
  await expect(watch()).rejects.toThrow('notify/in-reach')
  expect(existsSync(mark)).toBe(false)
  written = join(home, 'src')
  expect(await watch()).toBe(0)
  expect(existsSync(mark)).toBe(true)
})
