// The login's files between a home and a volume that are two folders of this machine: what would run in the sandbox runs
// here.

import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { AgentDescriptor, AgentLogin, LoginFile } from '../../src/model/template.js'
import { builtInTemplate, builtInTemplates } from '../../src/template/built-in.js'
import { returnLogin, sharedName, takeLogin, type LoginPlace } from '../../src/template/login-files.js'
import { largestLogin } from '../../src/template/login-text.js'
import { codesOf, diagnosticsOf, folder, write, type FileToWrite } from './fixture.js'

const path = '/home/agent/.made-up/auth.json'
const login: AgentLogin = {
  env: null,
  files: [{ path, kinds: { key: '/key' } }],
  command: null,
  rotates: true,
  instead: null,
  host: { cannot: 'It keeps none.' },
}
const agent: AgentDescriptor = { ...builtInTemplate('claude').descriptor, login }
const one = '{"key":"one"}'
const two = '{"key":"two"}'

type Sandbox = LoginPlace & { readonly home: string; readonly volume: string }

function volume(files: Readonly<Record<string, FileToWrite>> = {}): string {
  return folder({ ...files })
}

/** One with a home of its own. */
function sandbox(shared: string, rest: Partial<LoginPlace> = {}): Sandbox {
  const home = folder({})
  const real = (text: string): string => text.replace(/^\/home\/agent/, home).replace(/^\/run\/sbx\/login/, shared)
  return {
    agent,
    credentials: 'sandbox',
    containerId: 'id',
    home,
    volume: shared,
    engine: {
      run: async (_, { argv, user, input }) => {
        expect(user).toBe('agent')
        const { status, stdout, stderr } = spawnSync(argv[0] ?? '', argv.slice(1).map(real), {
          input: input ?? '',
          encoding: 'utf8',
          maxBuffer: 16 * 1024 * 1024,
        })
        return { exitCode: status ?? -1, stdout, stderr }
      },
    },
    ...rest,
  }
}

const atHome = ({ home }: Sandbox): string => join(home, '.made-up/auth.json')
const inVolume = (shared: string): string => join(shared, sharedName(login, { path }))

test('a login made in one sandbox is there in the next, and a renewal in the first again', async () => {
  const shared = volume()
  const [first, second] = [sandbox(shared), sandbox(shared)]
  expect(await takeLogin(first)).toBe(false)
  expect(readdirSync(first.home)).toEqual([])
  write(atHome(first), one)
  await returnLogin(first)
  expect(readdirSync(shared)).toEqual(['.made-up__auth.json'])

  expect(await takeLogin(second)).toBe(true)
  expect(readFileSync(atHome(second), 'utf8')).toBe(one)
  expect(statSync(atHome(second)).mode & 0o777).toBe(0o600)
  write(atHome(second), two)
  await returnLogin(second)
  expect(statSync(inVolume(shared)).mode & 0o777).toBe(0o600)

  expect(await takeLogin(first)).toBe(true)
  expect(readFileSync(atHome(first), 'utf8')).toBe(two)
  expect(readdirSync(join(first.home, '.made-up'))).toEqual(['auth.json'])
})

test('what a session that nobody saw end has renewed comes first', async () => {
  const shared = volume()
  const it = sandbox(shared)
  write(atHome(it), one)
  await returnLogin(it)
  write(atHome(it), two)
  expect(await takeLogin(it)).toBe(true)
  expect(readFileSync(inVolume(shared), 'utf8')).toBe(two)
})

test('a half written file stays where it is', async () => {
  const shared = volume()
  const it = sandbox(shared)
  write(atHome(it), one)
  await returnLogin(it)
  write(atHome(it), '{"key":')
  await returnLogin(it)
  expect(readFileSync(inVolume(shared), 'utf8')).toBe(one)
  write(inVolume(shared), '{"key":')
  expect(await takeLogin(it)).toBe(false)
})

test('a file far too large is no login', async () => {
  const shared = volume()
  const it = sandbox(shared)
  write(atHome(it), `{"key":"${'x'.repeat(largestLogin)}"}`)
  await returnLogin(it)
  expect(readdirSync(shared)).toEqual([])
})

test('the agent’s own logout is one everywhere', async () => {
  const shared = volume()
  const [first, second] = [sandbox(shared), sandbox(shared)]
  write(atHome(first), one)
  await returnLogin(first)
  await takeLogin(second)
  rmSync(atHome(second))
  await returnLogin(second)
  expect(await takeLogin(second)).toBe(false)
  expect(await takeLogin(first)).toBe(false)
  expect(existsSync(atHome(first))).toBe(false)
})

test('a volume that is empty again takes the copies with it, and what was renewed before', async () => {
  const shared = volume()
  const [first, second] = [sandbox(shared), sandbox(shared)]
  write(atHome(first), one)
  await returnLogin(first)
  await takeLogin(second)
  write(atHome(second), two)
  utimesSync(atHome(second), 1, 1)
  rmSync(inVolume(shared))
  for (const each of [first, second]) {
    expect(await takeLogin(each)).toBe(false)
    expect(existsSync(atHome(each))).toBe(false)
  }
})

test.each(['none', 'host'] as const)('in mode %s the copy goes, and a login of its own stays', async (credentials) => {
  const shared = volume()
  const [copied, own] = [sandbox(shared), sandbox(shared)]
  write(atHome(copied), one)
  await returnLogin(copied)
  write(atHome(own), two)
  expect(await takeLogin({ ...copied, credentials })).toBe(false)
  expect(existsSync(atHome(copied))).toBe(false)
  expect(await takeLogin({ ...own, credentials })).toBe(true)
  await returnLogin({ ...own, credentials })
  expect(readFileSync(inVolume(shared), 'utf8')).toBe(one)
  expect(readFileSync(atHome(own), 'utf8')).toBe(two)
})

test('no link is followed', async () => {
  const elsewhere = folder({ 'secret.json': two })
  const shared = volume()
  const it = sandbox(shared)
  write(atHome(it), { link: join(elsewhere, 'secret.json') })
  await returnLogin(it)
  expect(readdirSync(shared)).toEqual([])
  write(inVolume(shared), one)
  await takeLogin(it)
  expect(lstatSync(atHome(it)).isFile()).toBe(true)
  expect(readFileSync(join(elsewhere, 'secret.json'), 'utf8')).toBe(two)

  rmSync(join(it.home, '.made-up'), { recursive: true })
  symlinkSync(elsewhere, join(it.home, '.made-up'))
  rmSync(join(it.home, '.local'), { recursive: true })
  expect(await codesOf(() => takeLogin(it))).toEqual(['template/login-not-copied'])
  expect(readdirSync(elsewhere)).toEqual(['secret.json'])
})

test('a folder in the way of the login goes from the volume, and is named in the home', async () => {
  const shared = volume()
  const it = sandbox(shared)
  write(join(inVolume(shared), 'x'), 'planted')
  write(atHome(it), one)
  expect(await takeLogin(it)).toBe(true)
  expect(readFileSync(inVolume(shared), 'utf8')).toBe(one)

  const other = sandbox(shared)
  write(join(atHome(other), 'x'), 'planted')
  const [problem] = await diagnosticsOf(() => takeLogin(other))
  expect(problem?.detail).toContain(`sbx exec -- rm -r ${atHome(other)}`)
})

test('a login that a variable moves is looked for only where that changes how the agent starts', async () => {
  const shared = volume({ '.credentials.json': '{"claudeAiOauth":{"accessToken":"x"}}' })
  const claude = builtInTemplate('claude').descriptor
  expect(await takeLogin(sandbox(shared, { agent: { ...claude, seeds: [] } }))).toBe(false)
  const asking: AgentDescriptor = { ...claude, session: [{ when: { login: true }, args: [], env: {} }] }
  expect(await takeLogin(sandbox(shared, { agent: asking }))).toBe(true)
  expect(await takeLogin(sandbox(volume(), { agent: asking }))).toBe(false)
  expect(await takeLogin(sandbox(shared, { agent: asking, credentials: 'none' }))).toBe(false)
  const own = sandbox(shared, { agent: asking, credentials: 'none' })
  write(join(own.home, '.claude/.credentials.json'), '{"claudeAiOauth":{"accessToken":"x"}}')
  expect(await takeLogin(own)).toBe(true)
})

test('the files of every login have names of their own in its volume', () => {
  for (const { login: each } of builtInTemplates().map(({ descriptor }) => descriptor)) {
    const names = (each?.files ?? []).map((file) => sharedName(each ?? login, file))
    expect(new Set(names).size).toBe(names.length)
  }
})

describe('a login that is a part of the settings', () => {
  const members: AgentDescriptor = {
    ...agent,
    login: { ...login, files: [{ path, kinds: { account: '/token' }, members: ['token', 'account'] }] },
  }
  const settings = '// Written by the agent.\n{"hooks":["planted"],"token":"one","account":"somebody"}\n'
  const readHome = (it: Sandbox): unknown => JSON.parse(readFileSync(atHome(it), 'utf8'))

  test('is all that is shared, and goes into the settings of the next', async () => {
    const shared = volume()
    const [first, second] = [sandbox(shared, { agent: members }), sandbox(shared, { agent: members })]
    write(atHome(first), settings)
    await returnLogin(first)
    expect(readFileSync(inVolume(shared), 'utf8')).toBe('{"token":"one","account":"somebody"}')
    expect(readFileSync(atHome(first), 'utf8')).toBe(settings)

    write(atHome(second), '{"trusted":["here"],"token":""}')
    expect(await takeLogin(second)).toBe(true)
    expect(readHome(second)).toEqual({ trusted: ['here'], token: 'one', account: 'somebody' })
  })

  test('is taken out of the settings again, and a change of those alone shares nothing', async () => {
    const shared = volume()
    const it = sandbox(shared, { agent: members })
    write(atHome(it), settings)
    await returnLogin(it)
    write(atHome(it), settings.replace('planted', 'other'))
    await returnLogin(it)
    expect(readFileSync(inVolume(shared), 'utf8')).not.toContain('other')

    expect(await takeLogin({ ...it, credentials: 'none' })).toBe(false)
    expect(readHome(it)).toEqual({ hooks: ['other'] })
  })

  test('ends everywhere with the agent’s own logout', async () => {
    const shared = volume()
    const [first, second] = [sandbox(shared, { agent: members }), sandbox(shared, { agent: members })]
    write(atHome(first), settings)
    await returnLogin(first)
    await takeLogin(second)
    write(atHome(second), '{"trusted":["here"]}')
    await returnLogin(second)
    expect(await takeLogin(first)).toBe(false)
    expect(readHome(first)).toEqual({ hooks: ['planted'] })
  })

  test('brings nothing else along that another sandbox has put into the volume', async () => {
    const shared = volume()
    write(inVolume(shared), '{"token":"one","hooks":["planted"]}')
    const it = sandbox(shared, { agent: members })
    expect(await takeLogin(it)).toBe(true)
    expect(readFileSync(atHome(it), 'utf8')).not.toContain('planted')
  })
})

describe('a login with an entry for each provider', () => {
  const key = (text: string): object => ({ type: 'api_key', key: text })
  const plain = { openai: key('one') }
  const commands = {
    command: key('!id > /tmp/planted'),
    variable: key('x$ANTHROPIC_API_KEY'),
    lines: key('a\nb'),
    'http://example.test': { type: 'wellknown', key: 'PLANTED', token: 't' },
    elsewhere: { ...key('x'), baseUrl: 'http://example.test' },
    '!name': key('x'),
  }
  const rule = { types: ['api_key'], members: ['/type', '/key'] }
  const shapes: readonly (readonly [string, LoginFile, (entries: object) => string])[] = [
    ['that is the file', { path, kinds: { keys: '' }, entries: rule }, (entries) => JSON.stringify(entries)],
    [
      'beneath a key',
      { path, kinds: { keys: '/in' }, members: ['version', 'in'], entries: { in: 'in', ...rule } },
      (entries) => JSON.stringify({ version: 1, in: entries }),
    ],
  ]
  describe.each(shapes)('%s', (_, file, textOf) => {
    const of: AgentDescriptor = { ...agent, login: { ...login, files: [file] } }
    const json = (at: string): unknown => JSON.parse(readFileSync(at, 'utf8'))

    test('gives the volume plain credentials alone, and keeps the others where they are', async () => {
      const shared = volume()
      const it = sandbox(shared, { agent: of })
      write(atHome(it), textOf({ ...plain, ...commands }))
      await returnLogin(it)
      expect(json(inVolume(shared))).toEqual(JSON.parse(textOf(plain)))
      write(inVolume(shared), textOf({ openai: key('two') }))
      utimesSync(atHome(it), 1, 1)
      expect(await takeLogin(it)).toBe(true)
      expect(json(atHome(it))).toEqual(JSON.parse(textOf({ openai: key('two'), ...commands })))
    })

    test('takes plain credentials alone from it', async () => {
      const shared = volume()
      write(inVolume(shared), textOf({ ...plain, ...commands }))
      const it = sandbox(shared, { agent: of })
      expect(await takeLogin(it)).toBe(true)
      expect(json(atHome(it))).toEqual(JSON.parse(textOf(plain)))
      write(inVolume(shared), '["!planted"]')
      await takeLogin(it)
      expect(readFileSync(atHome(it), 'utf8')).not.toContain('planted')
    })

    test('is not logged out by an entry of the same name that is not shared', async () => {
      const shared = volume()
      const it = sandbox(shared, { agent: of })
      write(inVolume(shared), textOf(plain))
      await takeLogin(it)
      const own = textOf({ openai: commands.elsewhere })
      write(atHome(it), own)
      await returnLogin(it)
      await takeLogin(it)
      expect(json(inVolume(shared))).toEqual(JSON.parse(textOf(plain)))
      expect(json(atHome(it))).toEqual(JSON.parse(own))
    })
  })
})

test('of every login that is copied it is said what of it goes to other sandboxes', () => {
  const copied = builtInTemplates().flatMap(({ descriptor }) =>
    descriptor.login?.env === null ? [descriptor.login] : [],
  )
  expect(copied.length).toBeGreaterThan(5)
  for (const file of copied.flatMap(({ files }) => files)) {
    expect(file.members ?? file.entries?.members, file.path).toBeDefined()
    if (Object.values(file.kinds).includes('')) expect(file.entries?.types, file.path).toBeDefined()
  }
})
