import { describe, expect, test } from 'vitest'
import { badBySchema, badOtherwise } from './bad-files.js'
import { placed, projectOf } from './project.js'

describe('a file is refused, with the place of each mistake, for', () => {
  test.for([...badBySchema, ...badOtherwise])('$is', async ({ text, expected }) => {
    const { problems } = await projectOf(text)
    expect((await problems()).map(placed)).toEqual(expected)
  })
})

describe('what is said', () => {
  const details = async (text: string): Promise<readonly (string | undefined)[]> =>
    (await (await projectOf(text)).problems()).map(({ detail }) => detail)

  test.for([
    ['enviroment: {}', 'Did you mean `env`?'],
    ['volumes: []', 'Did you mean `mounts`?'],
    ['Ports: []', 'Did you mean `ports`?'],
    ['resources: { memmory: 4g }', '`memmory` is not a key of `resources`. Did you mean `memory`?'],
    ['socket: hots', '`socket` cannot be "hots". Did you mean `host`?'],
    ['profiles: { a: { requires: x } }', 'It is said once for the file, outside profiles.'],
    ['env: { "<<": { A: x } }', 'Merge keys are not part of YAML 1.2'],
    ['workspace: { readonly: "true" }', '`workspace.readonly` is text and must be true or false.'],
    [
      'secrets: { K: abc }',
      '`secrets.K` is text and must be a mapping. A secret is not written here but where it comes',
    ],
    ['secrets: { K: }', 'from: `{ env: NAME }` or `{ file: path }`.'],
    [
      'resources: { memory: 512 }',
      'at least 6291456. A number without a unit is bytes; with one it is written 512m or 4g.',
    ],
    ['mounts: [3]', '`mounts[0]` is the number 3 and must be text or a mapping.'],
    ['agent: a\nagent: b', '`agent` is already set in line 1.'],
    ['env: { A: "${X}" }', '"${X}" cannot be read.'],
    ['mounts: ["$HOME/x:/x"]', '$HOME is not replaced'],
  ] as const)('%s -> %s', async ([text, words]) => {
    expect(await details(text)).toEqual([expect.stringContaining(words)])
  })

  test('a summary is the same for every case of a code, and no text of the validator shows', async () => {
    const summaries = new Map<string, Set<string>>()
    for (const { text } of [...badBySchema, ...badOtherwise]) {
      for (const { code, summary, detail } of await (await projectOf(text)).problems()) {
        summaries.set(code, (summaries.get(code) ?? new Set()).add(summary))
        expect(detail).not.toMatch(/must (NOT|match|be (string|object|array|equal))|instancePath|undefined|\[object/)
      }
    }
    expect([...summaries].filter(([, words]) => words.size > 1)).toEqual([])
  })
})

describe('a file that is cut short', () => {
  const whole = [
    'version: 1',
    'agent: { name: claude, args: [--model, opus] }',
    'env:',
    '  NODE_ENV: "development"',
    'mounts:',
    '  - { source: ~/models, target: /models }',
    'resources: { cpus: 2, memory: 4g }',
    '',
  ].join('\n')

  test.for([
    ['in a mapping', 'cpus: 2, mem', '7:26 config/syntax'],
    ['in quotes', '"develop', '4:21 config/syntax'],
    ['after a key', 'env:', '3:1 config/wrong-type'],
    ['after a key within', 'args:', '2:29 config/syntax'],
    ['in a key', 'moun', '5:1 config/syntax'],
  ] as const)('%s is refused', async ([, end, expected]) => {
    const text = whole.slice(0, whole.indexOf(end) + end.length)
    const problems = (await (await projectOf(text)).problems()).map(placed)
    expect(
      problems.some((problem) => problem.startsWith(expected)),
      problems.join('\n'),
    ).toBe(true)
  })
})

describe('a file that is too much', () => {
  const codes = async (text: string | Uint8Array): Promise<readonly string[]> =>
    (await (await projectOf(text)).problems()).map(({ code }) => code)

  test('aliases that grow without bound', async () => {
    const levels = 'abcdefghij'.split('')
    const lines = levels.map((name, index) => {
      const below = index === 0 ? 'x' : `*${levels[index - 1] ?? ''}`
      return `  ${name}: &${name} [${Array.from({ length: 10 }, () => below).join(', ')}]`
    })
    expect(await codes(`env:\n${lines.join('\n')}\n`)).toContain('config/too-many-aliases')
  })

  test('lists in lists', async () => {
    expect(await codes(`setup: ${'['.repeat(100)}${']'.repeat(100)}\n`)).toEqual(['config/too-deep'])
    expect((await codes(`setup: ${'['.repeat(200_000)}`)).length).toBeGreaterThan(0)
  })

  test('more than a mebibyte', async () => {
    expect(await codes(`# ${'x'.repeat(1024 * 1024)}\nagent: claude\n`)).toEqual(['config/too-large'])
  })

  test('bytes that are not UTF-8, at their place', async () => {
    const bytes = Buffer.concat([Buffer.from('agent: claude\nname: "é'), Buffer.from([0xe9, 0x20]), Buffer.from('"\n')])
    const [problem] = await (await projectOf(bytes)).problems()
    expect(problem).toMatchObject({ code: 'config/not-utf8', at: { line: 2, column: 9 } })
  })

  test('a byte order mark and Windows line ends are nothing wrong', async () => {
    expect(await codes('\ufeffagent: claude\r\nname: web\r\n')).toEqual([])
    const [problem] = await (await projectOf('agent: claude\r\nnmae: web\r\n')).problems()
    expect(problem?.at).toMatchObject({ line: 2, column: 1, sourceLine: 'nmae: web' })
  })
})
