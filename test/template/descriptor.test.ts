import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import type { AgentDescriptor, AgentLogin } from '../../src/model/template.js'
import { builtInAgents, builtInFolder, builtInNames } from '../../src/template/built-in.js'
import { decodeDescriptor, decodeFolderDescriptor } from '../../src/template/descriptor.js'
import { diagnosticsOf } from './fixture.js'

const schema = JSON.parse(readFileSync(new URL('../../schema/template.schema.json', import.meta.url), 'utf8')) as object
const isValid = new Ajv().compile(schema)

const known: AgentDescriptor = {
  agent: 'known',
  title: 'Known',
  package: '@known/cli',
  version: '1.2.3',
  command: ['known'],
  oneShot: ['exec', '{prompt}'],
  autonomy: { full: { args: ['--yes'], after: { exec: ['--yes-to-all'] } }, ask: { args: [], after: {} } },
  session: [{ when: { env: 'KNOWN_KEY' }, args: ['-c', 'at={workspace}'], env: { ITS_KEY: '{env:KNOWN_KEY}' } }],
  env: { A: 'a', B: 'b' },
  config: { folder: '/home/agent/.known', env: 'KNOWN_HOME' },
  login: {
    env: null,
    files: [{ path: '/home/agent/.known/login.json', kinds: { subscription: '/token' } }],
    command: ['known', 'login'],
    rotates: true,
    instead: 'Use a key.',
    host: {
      file: '~/.known/login.json',
      keychain: 'Known',
      tokenEnv: 'KNOWN_TOKEN',
      token: '/token',
      expires: '/expires',
    },
  },
  keys: ['KNOWN_KEY'],
  state: { args: ['--hooks', '{"stop":"echo waiting"}'] },
  hosts: ['api.known.dev'],
  seeds: [{ file: 'x.json', when: { login: true, autonomy: 'full' }, merge: { a: 1 } }],
  known: ['It is slow.'],
}
const decode = (text: string): AgentDescriptor => decodeDescriptor({ file: '/t/template.yaml', text })
const decodeOfFolder = (text: string): AgentDescriptor =>
  decodeFolderDescriptor({ file: '/t/template.yaml', text }, (agent) => (agent === 'known' ? known : null))

test('every template that comes with sbx fits the schema, and the agent of its name', () => {
  expect(builtInNames()).toEqual(expect.arrayContaining(['base', 'claude', 'shell']))
  expect(builtInAgents()).toEqual(expect.arrayContaining(['claude', 'shell']))
  for (const name of builtInNames()) {
    const text = readFileSync(`${builtInFolder(name)}/template.yaml`, 'utf8')
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\.\/\.\.\/schema\/template\.schema\.json\n/)
    expect(isValid(parse(text)), JSON.stringify(isValid.errors)).toBe(true)
  }
})

test('a description is decoded whole', () => {
  const { login, ...rest } = known
  const { env: _, ...copied } = login as AgentLogin
  const text = stringify({ ...rest, login: copied })
  expect(isValid(parse(text)), JSON.stringify(isValid.errors)).toBe(true)
  expect(decode(text)).toEqual(known)
})

test('what a variable moves has no place of its own', () => {
  const login = {
    env: 'X_LOGIN',
    files: [{ path: 'a/login.json', kinds: { key: '' } }],
    host: { cannot: 'It has none.' },
  }
  expect(decode(stringify({ agent: 'x', command: ['x'], login })).login).toEqual({
    ...login,
    command: null,
    rotates: false,
    instead: null,
  })
})

test('what is not said is empty', () => {
  expect(decode('agent: x\ncommand: [x, --y]\n')).toEqual({
    agent: 'x',
    title: 'x',
    package: null,
    version: null,
    command: ['x', '--y'],
    oneShot: null,
    autonomy: { full: { args: [], after: {} }, ask: { args: [], after: {} } },
    session: [],
    env: {},
    config: null,
    login: null,
    keys: [],
    hosts: [],
    seeds: [],
    known: [],
  })
})

describe('the decoder and the schema refuse the same', () => {
  const valid = { agent: 'x', command: ['x'] }
  const config = { folder: '/home/agent/.x', env: 'X' }
  const file = { path: '/home/agent/.x/login.json', kinds: { subscription: '/token' } }
  const moved = { path: 'login.json', kinds: { subscription: '/token' } }
  const host = { tokenEnv: 'X', token: '/x', expires: '/x' }
  const login = { files: [file], host }
  test.each<readonly [string, unknown, boolean]>([
    ['nothing more', valid, true],
    ['an unknown key', { ...valid, comand: ['x'] }, false],
    ['no agent', { command: ['x'] }, false],
    ['an agent in capitals', { ...valid, agent: 'X' }, false],
    ['an agent with a slash', { ...valid, agent: 'a/b' }, false],
    ['a number as version', { ...valid, version: 2 }, false],
    ['no command in it', { ...valid, command: [] }, false],
    ['a command as text', { ...valid, command: 'x' }, false],
    ['an empty word', { ...valid, command: ['x', ''] }, false],
    ['autonomy', { ...valid, autonomy: { full: ['-y'] } }, true],
    ['unknown autonomy', { ...valid, autonomy: { none: [] } }, false],
    ['env', { ...valid, env: { A: '', _b1: 'x' } }, true],
    ['env that is a number', { ...valid, env: { A: 1 } }, false],
    ['env with a wrong name', { ...valid, env: { 'A=B': 'x' } }, false],
    ['env with a null character', { ...valid, env: { A: 'a\0b' } }, false],
    ['config', { ...valid, config }, true],
    ['config without a variable', { ...valid, config: { folder: '/x' } }, true],
    ['config without a folder', { ...valid, config: { env: 'X' } }, false],
    ['a relative config folder', { ...valid, config: { ...config, folder: '.x' } }, false],
    ['a config folder that climbs', { ...valid, config: { ...config, folder: '/home/../etc' } }, false],
    ['a config folder that ends in a slash', { ...valid, config: { ...config, folder: '/x/' } }, false],
    ['a login', { ...valid, login }, true],
    ['a login that a variable moves', { ...valid, login: { ...login, env: 'X', files: [moved] } }, true],
    ['a login without files', { ...valid, login: { ...login, files: [] } }, false],
    ['a login file without kinds', { ...valid, login: { ...login, files: [{ ...file, kinds: {} }] } }, false],
    [
      'a login file that climbs',
      { ...valid, login: { ...login, files: [{ ...file, path: '/home/agent/../x' }] } },
      false,
    ],
    ['a login file outside the home', { ...valid, login: { ...login, files: [{ ...file, path: '/etc/x' }] } }, false],
    ['a login file that is all of it', { ...valid, login: { ...login, files: [{ ...file, kinds: { a: '' } }] } }, true],
    ['a login among settings', { ...valid, login: { ...login, files: [{ ...file, members: ['token'] }] } }, true],
    ...[
      [{ members: ['/key'] }, true] as const,
      [{ in: 'providers', types: ['api'], members: ['/a/b'] }, true] as const,
      [{ types: ['api'] }, false] as const,
      [{ members: [] }, false] as const,
      [{ members: ['key'] }, false] as const,
      [{ members: ['/key'], types: [] }, false] as const,
      [{ members: ['/key'], in: 1 }, false] as const,
      [{ members: ['/key'], other: 1 }, false] as const,
    ].map(([entries, isRight], at) => {
      const document = { ...valid, login: { ...login, files: [{ ...file, entries }] } }
      return [`entries of a login, ${String(at)}`, document, isRight] as const
    }),
    ['a login that is no member', { ...valid, login: { ...login, files: [{ ...file, members: [] }] } }, false],
    [
      'members of what a variable moves',
      { ...valid, login: { ...login, env: 'X', files: [{ ...moved, members: ['token'] }] } },
      false,
    ],
    ['a login that says no host', { ...valid, login: { files: [file] } }, false],
    ['a login that the host cannot give', { ...valid, login: { ...login, host: { cannot: 'So it is.' } } }, true],
    ['both', { ...valid, login: { ...login, host: { ...host, cannot: 'So it is.' } } }, false],
    ['a relative file of the host', { ...valid, login: { ...login, host: { ...host, file: 'x' } } }, false],
    ['a token that is no pointer', { ...valid, login: { ...login, host: { ...host, token: 'x' } } }, false],
    ['rotation in words', { ...valid, login: { ...login, rotates: 'yes' } }, false],
    ['autonomy behind a word', { ...valid, autonomy: { full: { args: [], after: { exec: ['-y'] } } } }, true],
    ['autonomy of another shape', { ...valid, autonomy: { full: { before: [] } } }, false],
    ['a part of a session', { ...valid, session: [{ when: { env: 'X' }, args: ['-x'], env: { A: 'b' } }] }, true],
    ['a part that needs a login', { ...valid, session: [{ when: { login: true }, args: ['-x'] }] }, true],
    ['a value in an argument', { ...valid, session: [{ args: ['{env:X}'] }] }, false],
    ['a one-shot form', { ...valid, oneShot: ['-p', '{prompt}'] }, true],
    ['a seed with the whole value of a variable', { ...valid, seeds: [{ file: 'x', merge: { a: '{env:X}' } }] }, false],
    ['keys', { ...valid, keys: ['A'] }, true],
    ['a key that is no variable', { ...valid, keys: ['A B'] }, false],
    ['arguments for its state', { ...valid, state: { args: ['--hooks', 'x'] } }, true],
    ['a state without arguments', { ...valid, state: { args: [] } }, false],
    ['a state that says nothing', { ...valid, state: {} }, false],
    ['arguments for its state as text', { ...valid, state: { args: 'x' } }, false],
    ['hosts', { ...valid, hosts: ['x'] }, true],
    ['hosts as text', { ...valid, hosts: 'x' }, false],
    [
      'a seed',
      {
        ...valid,
        seeds: [{ file: 'a/b.json', when: { env: 'A', login: true, autonomy: 'ask' }, merge: { a: [1, null] } }],
      },
      true,
    ],
    ['a seed of another autonomy', { ...valid, seeds: [{ file: 'x', when: { autonomy: 'some' }, merge: {} }] }, false],
    ['a seed outside', { ...valid, seeds: [{ file: '/etc/x', merge: {} }] }, false],
    ['a seed that climbs', { ...valid, seeds: [{ file: '../x', merge: {} }] }, false],
    ['a seed of nothing', { ...valid, seeds: [{ file: 'x' }] }, false],
    ['a seed that is a list', { ...valid, seeds: [{ file: 'x', merge: [] }] }, false],
    ['a list', [valid], false],
    ['nothing', null, false],
  ])('%s', async (_, document, isRight) => {
    const text = stringify(JSON.parse(JSON.stringify(document)))
    expect(isValid(parse(text))).toBe(isRight)
    if (isRight) decode(text)
    else for (const { code } of await diagnosticsOf(() => decode(text))) expect(code).toBe('template/descriptor')
  })
})

test('every problem is told at once, each where it is', async () => {
  const text = 'agent: x\ncomand: [x]\nenv:\n  A: 1\n  "B C": x\n'
  const diagnostics = await diagnosticsOf(() => decode(text))
  expect(diagnostics.map(({ detail, at }) => [detail, at?.line, at?.column, at?.sourceLine])).toEqual([
    [expect.stringContaining('`comand` is not known'), 2, 9, 'comand: [x]'],
    ['`command` is missing.', 1, 1, 'agent: x'],
    ['"B C" is not the name of a variable.', 5, 10, '  "B C": x'],
    ['`env.A` must be a text.', 4, 6, '  A: 1'],
  ])
})

test.each(['agent: [', 'agent: x\nagent: y\n', 'a: *b\n', 'agent: x\n\tcommand: y\n'])(
  '%j is not YAML to us',
  async (text) => {
    const diagnostics = await diagnosticsOf(() => decode(text))
    expect(diagnostics.length).toBeGreaterThan(0)
    for (const { code, at } of diagnostics)
      expect([code, at?.file]).toEqual(['template/descriptor', '/t/template.yaml'])
  },
)

describe("a folder's template", () => {
  test('may describe an agent of its own', () => {
    expect(decodeOfFolder('agent: mine\ncommand: [mine]\n')).toMatchObject({ agent: 'mine', login: null, keys: [] })
  })

  test('takes over from a known agent what it does not say', () => {
    expect(decodeOfFolder('agent: known\nenv: { B: c }\nautonomy: { ask: [--ask] }\n')).toEqual({
      ...known,
      env: { A: 'a', B: 'c' },
      autonomy: { full: { args: [], after: {} }, ask: { args: ['--ask'], after: {} } },
    })
  })

  test('may not reach the host', async () => {
    const text =
      'agent: known\nlogin: { hostFile: ~/.ssh/id_rsa }\nkeys: [AWS_SECRET]\n' +
      'seeds: [{ file: a.json, merge: { "{env:AWS_SECRET:last20}": 1 } }]\n'
    const diagnostics = await diagnosticsOf(() => decodeOfFolder(text))
    expect(diagnostics.map(({ at }) => at?.line)).toEqual([2, 3, 4])
  })
})
