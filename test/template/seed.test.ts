import { spawnSync } from 'node:child_process'
import { lstatSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SessionFacts } from '../../src/model/condition.js'
import type { Engine } from '../../src/model/engine.js'
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/model/json.js'
import type { AgentDescriptor, Seed } from '../../src/model/template.js'
import { builtInTemplate } from '../../src/template/built-in.js'
import { readSeedFiles, seedFiles, writeSeedFiles } from '../../src/template/seed.js'
import { codesOf, folder, write } from './fixture.js'

const claude = builtInTemplate('claude').descriptor
const facts: SessionFacts = {
  workspace: '/home/ada/web',
  env: { ANTHROPIC_API_KEY: 'sk-ant-api03-0123456789abcdefghij' },
  autonomy: 'full',
  hasLogin: false,
}
const withSeeds = (...seeds: readonly Seed[]): AgentDescriptor => ({ ...claude, seeds })
const read = (text: string | undefined): JsonObject => JSON.parse(text ?? 'null') as JsonObject

test('a first session of Claude Code finds every question answered', () => {
  const files = seedFiles(claude, {}, facts)
  expect(Object.keys(files)).toEqual(['.claude.json', 'settings.json'])
  expect(read(files['.claude.json'])).toEqual({
    hasCompletedOnboarding: true,
    bypassPermissionsModeAccepted: true,
    projects: { '/home/ada/web': { hasTrustDialogAccepted: true } },
    customApiKeyResponses: { approved: ['0123456789abcdefghij'] },
  })
  expect(read(files['settings.json'])).toEqual({ skipDangerousModePermissionPrompt: true })
})

test('without a key in the session no key is approved', () => {
  for (const env of [{}, { ANTHROPIC_API_KEY: '' }, { ANTHROPIC_API_KEY: undefined }]) {
    expect(seedFiles(claude, {}, { ...facts, env })['.claude.json']).not.toContain('customApiKeyResponses')
  }
})

test('what the agent and its user have put there stays', () => {
  const before = {
    hasCompletedOnboarding: false,
    theme: 'light',
    projects: { '/other': { n: 1 }, '/home/ada/web': { hasTrustDialogAccepted: false, history: ['x'] } },
    customApiKeyResponses: { approved: ['another'], rejected: ['no'] },
  }
  const files = seedFiles(claude, { '.claude.json': JSON.stringify(before) }, facts)
  expect(read(files['.claude.json'])).toEqual({
    hasCompletedOnboarding: true,
    theme: 'light',
    projects: { '/other': { n: 1 }, '/home/ada/web': { hasTrustDialogAccepted: true, history: ['x'] } },
    customApiKeyResponses: { approved: ['another', '0123456789abcdefghij'], rejected: ['no'] },
    bypassPermissionsModeAccepted: true,
  })
})

describe('what cannot be merged is left alone', () => {
  test.each([
    ['no JSON', '{"a": 1,'],
    ['JSON with comments', '{ // mine\n}'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a huge file', `{"a":"${'x'.repeat(4 * 1024 * 1024)}"}`],
  ])('%s', (_, text) => {
    expect(Object.keys(seedFiles(claude, { 'settings.json': text }, facts))).toEqual(['.claude.json'])
  })

  test('a value of another kind', () => {
    const seed = { file: 'x.json', when: {}, merge: { a: { b: 1 }, c: [1], d: 1, e: 1 } }
    const before = { a: [1], c: 'text', d: { x: 1 }, e: [2] }
    expect(seedFiles(withSeeds(seed), { 'x.json': JSON.stringify(before) }, facts)).toEqual({})
  })
})

test('placeholders stand in keys and texts, at any depth, and no others do', () => {
  const seed = { file: 'x.json', when: {}, merge: { '{workspace}': [{ at: 'in {workspace}!' }], '{other}': '{env}' } }
  expect(read(seedFiles(withSeeds(seed), {}, facts)['x.json'])).toEqual({
    '/home/ada/web': [{ at: 'in /home/ada/web!' }],
    '{other}': '{env}',
  })
  expect(seedFiles(withSeeds({ file: 'x.json', when: {}, merge: { a: '{env:X:last20}' } }), {}, facts)).toEqual({})
})

test('a workspace named as a prototype is a key like others', () => {
  const merge = JSON.parse('{"projects":{"{workspace}":{"ok":true}}}') as JsonObject
  const existing = { 'x.json': '{"__proto__":{"a":1},"projects":{}}' }
  const files = seedFiles(withSeeds({ file: 'x.json', when: {}, merge }), existing, {
    ...facts,
    workspace: '__proto__',
  })
  expect(files['x.json']?.replaceAll(/\s/g, '')).toBe('{"__proto__":{"a":1},"projects":{"__proto__":{"ok":true}}}')
  expect(({} as Record<string, unknown>)['ok']).toBeUndefined()
})

/** Whether everything in `before` is in `after`, but for plain values, which the seed may decide. */
function holds(after: JsonValue | undefined, before: JsonValue): boolean {
  if (isJsonObject(before)) {
    return isJsonObject(after) && Object.entries(before).every(([key, value]) => holds(after[key], value))
  }
  if (Array.isArray(before)) {
    const items = new Set(Array.isArray(after) ? after.map((item: JsonValue) => JSON.stringify(item)) : [])
    return before.every((item: JsonValue) => items.has(JSON.stringify(item)))
  }
  return after !== undefined
}

test('nothing is lost, and a second time changes nothing', () => {
  const value = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<JsonValue>(1, 'x', true, null),
      fc.array(tie('value')),
      tie('object'),
    ),
    object: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), tie('value'), { noNullPrototype: true }),
  })).object
  fc.assert(
    fc.property(value, value, (before, merge) => {
      const descriptor = withSeeds({ file: 'x.json', when: {}, merge })
      const files = seedFiles(descriptor, { 'x.json': JSON.stringify(before) }, facts)
      const after = files['x.json']
      if (after === undefined) return
      expect(holds(read(after), read(JSON.stringify(before)))).toBe(true)
      expect(seedFiles(descriptor, { 'x.json': after }, facts)).toEqual({})
    }),
  )
})

describe('inside', () => {
  /** Runs on this machine what would run in the sandbox. */
  const engine: Pick<Engine, 'run'> = {
    run: async (_, { argv, user, input }) => {
      expect(user).toBe('agent')
      const { status, stdout, stderr } = spawnSync(argv[0] ?? '', argv.slice(1), {
        input: input ?? '',
        encoding: 'utf8',
        maxBuffer: 16 * 1024 * 1024,
      })
      return { exitCode: status ?? -1, stdout, stderr }
    },
  }
  const inFolder = (path: string): AgentDescriptor => ({ ...claude, config: { folder: path, env: 'X' } })

  test('the files come back as they were written, with no other left', async () => {
    const descriptor = inFolder(join(folder({}), 'deep/config'))
    const none = { '.claude.json': null, 'settings.json': null }
    expect(await readSeedFiles(engine, 'id', descriptor)).toEqual(none)
    const files = { '.claude.json': 'one\n\n', 'settings.json': '+ü\n-' }
    await writeSeedFiles(engine, 'id', descriptor, files)
    expect(await readSeedFiles(engine, 'id', descriptor)).toEqual(files)
    expect(readdirSync(descriptor.config?.folder ?? '').sort()).toEqual(Object.keys(files))
    expect(lstatSync(join(descriptor.config?.folder ?? '', '.claude.json')).mode & 0o777).toBe(0o600)
  })

  test('a link stays one', async () => {
    const path = folder({ 'elsewhere.json': '{}', 'config/settings.json': { link: '../elsewhere.json' } })
    const descriptor = inFolder(join(path, 'config'))
    expect(await readSeedFiles(engine, 'id', descriptor)).toEqual({ '.claude.json': null, 'settings.json': '{}' })
    await writeSeedFiles(engine, 'id', descriptor, { 'settings.json': '{"a":1}' })
    expect(readFileSync(join(path, 'elsewhere.json'), 'utf8')).toBe('{"a":1}')
    expect(lstatSync(join(path, 'config/settings.json')).isSymbolicLink()).toBe(true)
  })

  test('a huge file is cut short before it gets out, and left alone', async () => {
    const path = folder({})
    write(join(path, 'settings.json'), `{"a":"${'x'.repeat(5 * 1024 * 1024)}"}`)
    const existing = await readSeedFiles(engine, 'id', inFolder(path))
    expect(existing['settings.json']).toHaveLength(4 * 1024 * 1024 + 1)
    expect(Object.keys(seedFiles(claude, existing, facts))).toEqual(['.claude.json'])
  })

  test('what cannot be written is told', async () => {
    const descriptor = inFolder(join(folder({ file: '' }), 'file/config'))
    const call = () => writeSeedFiles(engine, 'id', descriptor, { 'settings.json': '{}' })
    expect(await codesOf(call)).toEqual(['template/seed-failed'])
  })
})
