import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { DiagnosticError } from '../../src/model/diagnostic.js'
import { decodeLock, emptyLock, encodeLock, type Lock } from '../../src/template/lock.js'
import { readLock, writeLock } from '../../src/template/lock-file.js'
import { codesOf, diagnosticsOf } from './fixture.js'

const commit = 'a'.repeat(40)
const digest = `sha256:${'b'.repeat(64)}`

const schema = JSON.parse(readFileSync(new URL('../../schema/lock.schema.json', import.meta.url), 'utf8')) as object
const isValid = new Ajv({ strict: true }).compile(schema)

const names = fc.oneof(
  fc.constantFrom('git+https://host/t.git//python@v1', 'ghcr.io/acme/agent:3', 'constructor', '__proto__', '- x: y'),
  fc.string({ minLength: 1 }),
)
const pins = (pin: string): fc.Arbitrary<Record<string, string>> =>
  fc.dictionary(names, fc.constant(pin), { maxKeys: 4, noNullPrototype: true })
const locks: fc.Arbitrary<Lock> = fc.record({ git: pins(commit), images: pins(digest), agents: pins('2.1.0-rc.1') })

describe('a lock', () => {
  test('is read as it was written, and is what its schema says', () => {
    fc.assert(
      fc.property(locks, (lock) => {
        const text = encodeLock(lock)
        expect(decodeLock(text, '/p/sandbox.lock')).toEqual(lock)
        expect(isValid(parse(text)), text).toBe(true)
      }),
    )
  })

  test('is the same text for the same pins, begins with whose file it is, and says one thing a line', () => {
    const lock = { git: { b: commit, a: commit }, images: {}, agents: { claude: '2.1.0' } }
    const text = encodeLock(lock)
    expect(text).toBe(encodeLock({ agents: { claude: '2.1.0' }, images: {}, git: { a: commit, b: commit } }))
    expect(text.split('\n').slice(2)).toEqual([
      '',
      'version: 1',
      'git:',
      '  a:',
      `    commit: ${commit}`,
      '  b:',
      `    commit: ${commit}`,
      'agents:',
      '  claude:',
      '    version: 2.1.0',
      '',
    ])
    expect(text).toMatch(/^# .*\n# .*sbx template lock --update NAME\n/)
  })

  test.each([
    ['', 'lock/malformed', 1],
    ['- 1\n', 'lock/malformed', 1],
    ['version: 1\nversion: 1\n', 'lock/malformed', 2],
    ['git: {}\n', 'lock/malformed', 1],
    ['version: 0\n', 'lock/malformed', 1],
    ['version: 2\nfuture: { x: 1 }\n', 'lock/newer-format', 1],
    ['version: 1\nhooks: { x: 1 }\n', 'lock/malformed', 2],
    ['version: 1\ngit:\n  x: { commit: main }\n', 'lock/malformed', 3],
    ['version: 1\ngit:\n  x:\n    commit: --upload-pack=x\n', 'lock/malformed', 4],
    [`version: 1\ngit:\n  x: { commit: ${commit}, url: y }\n`, 'lock/malformed', 3],
    ['version: 1\nimages:\n  x: { digest: latest }\n', 'lock/malformed', 3],
    ['version: 1\nagents:\n  claude: { version: "npm:evil@1" }\n', 'lock/malformed', 3],
    ['version: 1\nagents: []\n', 'lock/malformed', 2],
    ['version: &v 1\ngit: { a: *v }\n', 'lock/malformed', 1],
    ['<<<<<<< ours\nversion: 1\n=======\nversion: 1\n>>>>>>> theirs\n', 'lock/malformed', 1],
  ])('%j is told with its line', async (text, code, line) => {
    const found = await diagnosticsOf(() => decodeLock(text, '/p/sandbox.lock'))
    expect(found[0]).toMatchObject({ code, at: { file: '/p/sandbox.lock' } })
    expect(found.every(({ at }) => at !== undefined)).toBe(true)
    if (code === 'lock/newer-format') expect(found).toHaveLength(1)
    expect(found[0]?.at?.line).toBeLessThanOrEqual(line)
    expect(isValid(safely(text))).toBe(false)
  })

  test('is either read or told to be wrong, whatever it holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          decodeLock(text, '/p/sandbox.lock')
        } catch (error) {
          if (!(error instanceof DiagnosticError)) throw error
        }
      }),
    )
  })
})

function safely(text: string): unknown {
  try {
    return parse(text)
  } catch {
    return null
  }
}

describe('the file', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sbx-lock-'))
  })
  afterAll(async () => {
    await rm(folder, { recursive: true })
  })

  test('is written in one move, and only where something changes', async () => {
    const file = join(folder, 'sandbox.lock')
    expect(await readLock(file)).toEqual(emptyLock)
    const lock = { ...emptyLock, git: { x: commit } }
    expect(await writeLock(file, lock)).toBe(true)
    expect(await writeLock(file, lock)).toBe(false)
    expect(await readLock(file)).toEqual(lock)
    expect(await readdir(folder)).toEqual(['sandbox.lock'])
    expect(await readFile(file, 'utf8')).toBe(encodeLock(lock))
  })

  test('that is a link or no file is refused', async () => {
    const target = join(folder, 'elsewhere')
    await writeFile(target, encodeLock(emptyLock))
    const file = join(folder, 'linked.lock')
    await symlink(target, file)
    expect(await codesOf(() => readLock(file))).toEqual(['lock/unreadable'])
    expect(await codesOf(() => readLock(folder))).toEqual(['lock/unreadable'])
  })
})
