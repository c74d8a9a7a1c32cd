// What the documents say is so: their YAML is valid, their commands exist, their links lead somewhere.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runCommandLine } from '../src/cli/program.js'
import { loadConfig } from '../src/config/load.js'
import { readNotify } from '../src/config/notify.js'
import { readPolicy } from '../src/config/policy.js'
import { exitCodes } from '../src/model/diagnostic.js'
import { temporaryFolder } from './support/temporary-folder.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const readText = (path: string): string => readFileSync(join(root, path), 'utf8')

const examples = readdirSync(join(root, 'examples')).map((name) => `examples/${name}`)
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
  ...examples.map((example) => `${example}/README.md`).filter((path) => existsSync(join(root, path))),
]

const { version: packageVersion, files: packedFiles }: { version: string; files: readonly string[] } = JSON.parse(
  readText('package.json'),
)
/** npm adds these two by itself. */
const isPacked = (path: string): boolean => ['README.md', 'LICENSE', ...packedFiles].includes(path.split('/')[0] ?? '')
const packed = documents.filter(isPacked)

async function load(folder: string): Promise<unknown> {
  const uid = process.getuid?.() ?? 0
  const nowhere = join(folder, 'nowhere')
  return loadConfig({ workingFolder: folder, home: nowhere, configFolder: nowhere, uid, sbxVersion: packageVersion })
}

describe('each example', () => {
  it.each(examples)('%s has a valid sandbox.yaml', async (example) => {
    expect(await load(join(root, example))).toMatchObject({ file: join(root, example, 'sandbox.yaml') })
  })
})

describe('the plan in the README', () => {
  it('is what sbx plan prints', () => {
    const [, shown = ''] = /^```text\n(.*?)^```$/ms.exec(readText('README.md')) ?? []
    expect(shown).toContain('DISCARDED')
    expect(readText('test/ui/golden/recreate.txt')).toContain(shown)
  })
})

describe('each YAML of a document', () => {
  // Those of docs/config.md are held against the schema where it is made.
  const blocks = documents
    .filter((document) => document !== 'docs/config.md')
    .flatMap((document) =>
      [...readText(document).matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text]) => ({ document, text: text ?? '' })),
    )
    // A base in a repository is fetched first; test/e2e has one.
    .filter(({ text }) => !text.startsWith('extends: git+'))

  it.each(blocks)('is valid: $document $text', async ({ text }) => {
    const folder = temporaryFolder('documentation')
    if (text.startsWith('deny:')) {
      const uid = process.getuid?.() ?? 0
      await writeFile(join(folder, 'policy.yaml'), text, { mode: 0o600 })
      const policy = readPolicy({ configFolder: folder, home: folder, uid, realPath: (path) => path })
      expect(policy).toMatchObject({ file: join(folder, 'policy.yaml') })
      return
    }
    if (text.startsWith('command:')) {
      await writeFile(join(folder, 'notify.yaml'), text, { mode: 0o600 })
      expect(readNotify({ configFolder: folder, home: folder, uid: process.getuid?.() ?? 0 })).not.toBeNull()
      return
    }
    await writeFile(join(folder, 'sandbox.yaml'), text)
    expect(await load(folder)).toMatchObject({ files: [join(folder, 'sandbox.yaml')] })
  })
})

async function help(...command: readonly string[]): Promise<string> {
  const output = new PassThrough()
  const streams = { env: {}, workingFolder: root, input: new PassThrough(), output, errors: new PassThrough() }
  expect(await runCommandLine([...command, '--help'], streams), command.join(' ')).toBe(0)
  return String(output.read())
}

/** Each call of sbx in a document, up to what it hands on. */
function callsIn(document: string): readonly (readonly string[])[] {
  return [...readText(document).matchAll(/(?:^ {4}|`)sbx ([a-z][^`\n]*)/gm)].map(([, call]) =>
    (call ?? '')
      .split(/ -- | {3,}|;/)[0]!
      .trim()
      .split(/\s+/),
  )
}

describe('the commands', () => {
  it('of the README are those of the command table', async () => {
    const table = [...(await help()).matchAll(/^ {2}([a-z]+) .*\S/gm)]
      .map(([, verb]) => verb)
      .filter((verb) => verb !== 'help')
    const written = [...readText('README.md').matchAll(/^ {4}sbx ([a-z]+)/gm)].map(([, verb]) => verb)
    expect(written.sort()).toEqual(table.sort())
  })

  it.each(documents)('that %s names exist', async (document) => {
    const known = await help()
    const named = [...readText(document).matchAll(/(?:^ {4}|`)sbx ([a-z]+)/gm)].map(([, verb]) => verb)
    expect(named.filter((verb) => !new RegExp(`^ {2}${verb} `, 'm').test(known))).toEqual([])
  })

  it.each(documents)('that %s names have the flags that it gives them', async (document) => {
    const parents = ['net', 'grants', 'template', 'plan']
    for (const [verb = '', ...rest] of callsIn(document)) {
      const below = parents.includes(verb) && /^[a-z]+$/.test(rest[0] ?? '') ? rest.slice(0, 1) : []
      const isThere = below.length > 0 && new RegExp(`^ {2}${below[0]} `, 'm').test(await help(verb))
      const known = await help(verb, ...(isThere ? below : []))
      const flags = rest.flatMap((word) => /^\[?(--?[a-z][a-z-]*)/.exec(word)?.[1] ?? [])
      expect(
        flags.filter((flag) => !new RegExp(`(^|[ ,])${flag}(?![a-z-])`, 'm').test(known)),
        `${verb} in ${document}`,
      ).toEqual([])
    }
  })

  it('exit with the codes that the README lists', () => {
    const listed = [.../^Exit codes: (.*?)\n\n/ms.exec(readText('README.md'))![1]!.matchAll(/\b\d+\b/g)].map(Number)
    expect(listed.sort()).toEqual([0, ...Object.values(exitCodes)].sort())
  })
})

describe('each document', () => {
  it.each(documents)('%s links to files that exist', (document) => {
    const targets = [...readText(document).matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target]) => target ?? '')
    const missing = targets.filter(
      (target) => !/^https?:/.test(target) && !existsSync(join(root, dirname(document), target)),
    )
    expect(missing).toEqual([])
  })

  it.each(packed)('%s, which is in the package, links to nothing outside of it', (document) => {
    const targets = [...readText(document).matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target]) => target ?? '')
    const outside = targets
      .filter((target) => !/^https?:/.test(target))
      .map((target) => join(dirname(document), target))
      .filter((path) => !isPacked(path))
    expect(outside).toEqual([])
  })
})
