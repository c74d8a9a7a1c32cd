import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import type { AgentDescriptor } from '../../src/model/template.js'
import { builtInAgents, builtInFolder, builtInNames } from '../../src/template/built-in.js'
import { decodeDescriptor, decodeFolderDescriptor } from '../../src/template/descriptor.js'
import { diagnosticsOf } from './fixture.js'

const schema = JSON.parse(readFileSync(new URL('../../schema/template.schema.json', import.meta.url), 'utf8')) as object
const isValid = new Ajv().compile(schema)

const known: AgentDescriptor = {
  agent: 'known',
  version: '1.2.3',
  command: ['known'],
  autonomy: { full: ['--yes'], ask: [] },
  env: { A: 'a', B: 'b' },
  config: { folder: '/home/agent/.known', env: 'KNOWN_HOME' },
  login: {
    env: 'KNOWN_LOGIN',
    file: 'login.json',
    hostFile: '~/.known/login.json',
    hostKeychain: null,
    tokenEnv: 'KNOWN_TOKEN',
    token: '/token',
    expires: '/expires',
  },
  keys: ['KNOWN_KEY'],
  seeds: [{ file: 'x.json', merge: { a: 1 } }],
}
const decode = (text: string): AgentDescriptor => decodeDescriptor({ file: '/t/template.yaml', text })
const decodeOfFolder = (text: string): AgentDescriptor =>
  decodeFolderDescriptor({ file: '/t/template.yaml', text }, (agent) => (agent === 'known' ? known : null))

test('every template that comes with sbx fits the schema, and the agent of its name', () => {
  expect(builtInNames()).toEqual(['base', 'claude', 'shell'])
  expect(builtInAgents()).toEqual(['claude', 'shell'])
  for (const name of builtInNames()) {
    const text = readFileSync(`${builtInFolder(name)}/template.yaml`, 'utf8')
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\.\/\.\.\/schema\/template\.schema\.json\n/)
    expect(isValid(parse(text)), JSON.stringify(isValid.errors)).toBe(true)
  }
})

test('a description is decoded whole', () => {
  const { login, ...rest } = known
  const text = stringify({ ...rest, login: { ...login, hostKeychain: 'Known' }, hosts: ['api.known.dev'] })
  expect(isValid(parse(text))).toBe(true)
  expect(decode(text)).toEqual({ ...known, login: { ...login, hostKeychain: 'Known' } })
})

test('what is not said is empty', () => {
  expect(decode('agent: x\ncommand: [x, --y]\n')).toEqual({
    agent: 'x',
    version: null,
    command: ['x', '--y'],
    autonomy: { full: [], ask: [] },
    env: {},
    config: null,
    login: null,
    keys: [],
    seeds: [],
  })
})

describe('the decoder and the schema refuse the same', () => {
  const valid = { agent: 'x', command: ['x'] }
  const config = { folder: '/home/agent/.x', env: 'X' }
  const login = { env: 'X', file: 'x', tokenEnv: 'X', token: '/x', expires: '/x' }
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
    ['config without its variable', { ...valid, config: { folder: '/x' } }, false],
    ['a relative config folder', { ...valid, config: { ...config, folder: '.x' } }, false],
    ['a config folder that climbs', { ...valid, config: { ...config, folder: '/home/../etc' } }, false],
    ['a config folder that ends in a slash', { ...valid, config: { ...config, folder: '/x/' } }, false],
    ['a login', { ...valid, login }, true],
    ['a login without a file', { ...valid, login: { ...login, file: undefined } }, false],
    ['a login file that climbs', { ...valid, login: { ...login, file: 'a/../../x' } }, false],
    ['a relative file of the host', { ...valid, login: { ...login, hostFile: 'x' } }, false],
    ['a token that is no pointer', { ...valid, login: { ...login, token: 'x' } }, false],
    ['keys', { ...valid, keys: ['A'] }, true],
    ['a key that is no variable', { ...valid, keys: ['A B'] }, false],
    ['hosts', { ...valid, hosts: ['x'] }, true],
    ['hosts as text', { ...valid, hosts: 'x' }, false],
    ['a seed', { ...valid, seeds: [{ file: 'a/b.json', whenEnv: 'A', merge: { a: [1, null] } }] }, true],
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
      autonomy: { full: [], ask: ['--ask'] },
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
