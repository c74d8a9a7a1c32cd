// The schema in an editor: npm's yaml-language-server, as an editor starts it, with nothing but the line in the file
// that names the schema. The server waits a moment before it looks at a file, so many are open at once.

import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { badBySchema } from './bad-files.js'
import { LanguageServer, type EditorDiagnostic } from './language-server.js'
import { project, type Project } from './project.js'

const modeline = '# yaml-language-server: $schema=../schema/sandbox.schema.json\n'

let machine: Project
let server: LanguageServer
let opened = 0

beforeAll(async () => {
  machine = await project({})
  await mkdir(join(machine.home, 'schema'))
  const schema = fileURLToPath(new URL('../../schema/sandbox.schema.json', import.meta.url))
  await copyFile(schema, join(machine.home, 'schema/sandbox.schema.json'))
  server = await LanguageServer.start(machine.folder)
})

afterAll(async () => server.stop())

/** A new file with this text; a `|` is where the cursor is, and is taken out. */
async function open(marked: string): Promise<{
  readonly file: string
  readonly cursor: { readonly line: number; readonly character: number }
  readonly diagnostics: readonly EditorDiagnostic[]
}> {
  const before = (modeline + marked).split('|')[0] ?? ''
  const lines = before.split('\n')
  const file = join(machine.folder, `${++opened}.yaml`)
  const diagnostics = await server.open(file, modeline + marked.replace('|', ''))
  return { file, cursor: { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 }, diagnostics }
}

async function completions(marked: string): Promise<readonly string[]> {
  const { file, cursor } = await open(marked)
  return (await server.complete(file, cursor)).map(({ label }) => label)
}

async function hover(marked: string): Promise<string> {
  const { file, cursor } = await open(marked)
  // The server escapes what would be markup.
  return ((await server.hover(file, cursor)) ?? '').replaceAll('\\', '')
}

describe.concurrent('completes', () => {
  test('the keys of the file', async () => {
    const labels = await completions('|\n')
    expect(labels).toEqual(expect.arrayContaining(['agent', 'env', 'mounts', 'profiles', 'resources', 'version']))
    expect(labels).not.toContain('volumes')
  })

  test.for([
    ['keys of a mapping', 'resources:\n  |', ['cpus', 'memory', 'pids']],
    ['keys of a mapping that could be text', 'agent:\n  |', ['name', 'args', 'autonomy']],
    ['keys of a mount', 'mounts:\n  - source: x\n    |', ['target', 'readonly', 'why']],
    ['keys of a secret', 'secrets:\n  A:\n    |', ['env', 'file']],
    ['keys of a profile', 'profiles:\n  a:\n    |', ['agent', 'network', 'env']],
    ['fixed words', 'socket: |', ['none', 'host']],
    ['fixed words within', 'agent:\n  autonomy: |', ['full', 'ask']],
    ['fixed words in a profile', 'profiles:\n  a:\n    network: |', ['open', 'none']],
    ['fixed words of a union', 'git: |', ['host', 'none', 'name, email']],
    ['forms of a network', 'network: |', ['open', 'none', 'allow']],
    ['kinds of isolation', 'isolation: |', ['container', 'gvisor', 'runtime']],
    ['true and false', 'workspace:\n  readonly: |', ['true', 'false']],
    ['names of agents', 'agent: |', ['claude', 'shell']],
    ['forms of a mount', 'mounts:\n  - |', ['~/datasets:/data:ro', 'source, target']],
    ['references in env', 'env:\n  A: |', ['${env:DATABASE_URL}']],
  ] as const)('%s', async ([, marked, expected]) => {
    expect(await completions(marked)).toEqual(expect.arrayContaining([...expected]))
  })

  test('with labels that a person can read', async () => {
    for (const marked of [
      '|\n',
      'agent: |',
      'env: |',
      'secrets: |',
      'resources: |',
      'mounts: |',
      'profiles: |',
      'git: |',
    ]) {
      for (const label of await completions(marked)) expect(label).not.toContain('[object')
    }
  })
})

describe.concurrent('describes, on hover,', () => {
  test.for([
    ['a key', 'creden|tials: none\n', "Where the agent's login is."],
    ['a key of a mapping', 'resources:\n  mem|ory: 4g\n', 'How much memory it may use'],
    ['a value', 'socket: ho|st\n', "the sandbox gets the engine's own socket"],
    ['a variable', 'env:\n  A|A: x\n', 'Numbers and booleans are taken as they are written.'],
    ['a key in a profile', 'profiles:\n  a:\n    set|up: [x]\n', 'Shell commands that run as root'],
    ['a key of a mount', 'mounts:\n  - source: x\n    tar|get: /x\n', 'Absolute path inside the sandbox'],
  ] as const)('%s', async ([, marked, words]) => {
    expect(await hover(marked)).toContain(words)
  })
})

describe.concurrent('underlines what sbx refuses, in the same lines:', () => {
  test.for([...badBySchema])('$is', async ({ text, expected }) => {
    const { diagnostics } = await open(text)
    // Counted from 0, and after the line that names the schema.
    const underlined = new Set(diagnostics.map(({ range }) => range.start.line))
    expect([...underlined].sort((one, other) => one - other)).toEqual([
      ...new Set(expected.map((problem) => Number(problem.split(':')[0]))),
    ])
  })
})

describe.concurrent('underlines nothing in', () => {
  test.for([
    'agent: claude\n',
    'version: 1\nrequires: ">=0.1"\nname: web\nextends: [../a.yaml, b.yml]\n',
    'agent: { name: claude, args: [--model, opus], autonomy: ask }\ngit: { name: A, email: a@example.com }\n',
    'env: { A: x, B: 1, C: true, D: "${env:D:-x}" }\nsecrets: { S: { env: S }, T: { file: ~/t } }\nenvFile: [a, { path: b }]\n',
    'mounts:\n  - ~/a:/b:ro\n  - "${env:X:-/a:b}/c:/d"\n  - { source: a, target: ~/b, readonly: true, why: x }\n',
    'ports: ["3000:3000", 5173, "53:53/udp", "[::1]:80:80", "127.0.0.1::9"]\nresources: { cpus: 0.5, memory: 512m, pids: 10 }\n',
    'profiles:\n  review: { workspace: { readonly: true }, network: none }\n  empty: {}\n',
  ])('%s', async (text) => {
    expect((await open(text)).diagnostics).toEqual([])
  })
})
