import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parseFile } from '../../src/config/parse.js'
import { sourceText } from '../../src/config/source-text.js'
import { schemaProblems } from '../../src/config/validate.js'
import { fixedSettingNames } from '../../src/model/fixed-settings.js'
import { placed, project, projectOf } from './project.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

type Node = {
  readonly $ref?: string
  readonly description?: string
  readonly type?: unknown
  readonly enum?: unknown
  readonly anyOf?: readonly Node[]
  readonly items?: Node
  readonly properties?: Readonly<Record<string, Node>>
  readonly additionalProperties?: Node | false
  readonly pattern?: string
  readonly patternErrorMessage?: string
  readonly examples?: readonly unknown[]
  readonly default?: unknown
  readonly defaultSnippets?: readonly unknown[]
  readonly 'x-default'?: string
  readonly 'x-change'?: string
  readonly 'x-merge'?: string
}

type Schema = Node & {
  readonly properties: Readonly<Record<string, Node>>
  readonly definitions: Readonly<Record<string, Node>>
}

const schema = JSON.parse(await readFile(`${root}schema/sandbox.schema.json`, 'utf8')) as Schema

function dereferenced(node: Node): Node {
  return node.$ref === undefined ? node : (schema.definitions[node.$ref.replace('#/definitions/', '')] ?? {})
}

/** Every key that a file can have, by its path. */
function keysOf(given: Node, path = ''): readonly [string, Node][] {
  const node = dereferenced(given)
  const inner = [...(node.anyOf ?? []), ...(node.items === undefined ? [] : [node.items])]
  if (typeof node.additionalProperties === 'object') inner.push(node.additionalProperties)
  return [
    ...Object.entries(node.properties ?? {}).flatMap(([key, child]): readonly [string, Node][] => [
      [`${path}${key}`, dereferenced(child)],
      ...keysOf(child, `${path}${key}.`),
    ]),
    ...inner.flatMap((child) => keysOf(child, path)),
  ]
}

function yamlBlocks(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^```yaml\n(.*?)^```$/gms)].map((match) => match[1] ?? '')
}

describe('the schema', () => {
  const keys = keysOf(schema)

  test('has the keys that work, and no others', () => {
    expect(Object.keys(schema.properties)).toEqual(
      (
        'version requires name extends agent template setup prepare workspace env envFile secrets mounts socket ssh ' +
        'credentials git network networks isolation sudo resources ports lifecycle profiles'
      ).split(' '),
    )
    const inProfiles = Object.keys(schema.definitions['profile']?.properties ?? {})
    const ofTheFile = ['version', 'requires', 'name', 'extends', 'profiles']
    expect(inProfiles).toEqual(Object.keys(schema.properties).filter((key) => !ofTheFile.includes(key)))
  })

  test.for(keys)('%s is described, with examples and a default', ([, node]) => {
    expect(node.description).toMatch(/\.$/)
    const forms = [node, ...(node.anyOf ?? []).map(dereferenced)]
    expect(forms.some(({ examples, defaultSnippets }) => examples !== undefined || defaultSnippets !== undefined)).toBe(
      true,
    )
  })

  test.for(Object.keys(schema.properties))('%s says its default, what a change means and how it merges', (key) => {
    const node = dereferenced(schema.properties[key] ?? {})
    expect('default' in node || 'x-default' in node).toBe(true)
    expect(node['x-change']).toBeTruthy()
    expect(node['x-merge']).toBeTruthy()
  })

  test('says in words what each pattern wants', () => {
    const nodes = [...Object.values(schema.definitions), ...keys.map(([, node]) => node)].flatMap((node) => [
      node,
      ...(node.anyOf ?? []),
      ...(node.items?.anyOf ?? []),
    ])
    expect(
      nodes.filter(({ pattern, patternErrorMessage }) => pattern !== undefined && patternErrorMessage === undefined),
    ).toEqual([])
  })

  test('refuses every example of nothing and takes every example of its own', () => {
    for (const [path, node] of keys) {
      if (path.includes('.')) continue
      const values = [...(node.examples ?? []), ...(node.default === undefined ? [] : [node.default])]
      for (const value of values) {
        const parsed = parseFile(sourceText('/sandbox.yaml', JSON.stringify({ [path]: value })))
        if (!('file' in parsed)) throw new Error(`${path} does not parse`)
        expect(schemaProblems(parsed.file), path).toEqual([])
      }
    }
  })
})

test('what drifts can be ignored by the name that a plan shows, and nothing else is such a name', () => {
  const item = keysOf(schema).find(([path]) => path === 'lifecycle.ignoreDrift')?.[1].items
  const pattern = new RegExp(item?.pattern ?? '')
  const shaped = [
    'workspace.readonly',
    'workspace.mode',
    'own["node_modules"]',
    'networks["web_default"]',
    'mounts["/data"].source',
    'mounts["/a \\"b\\""]',
    'ports["3000/tcp"]',
    'resources.cpus',
  ]
  const names = [
    ...fixedSettingNames,
    ...shaped,
    'workspace',
    'volumes',
    'mounts',
    'socket',
    'ssh',
    'network',
    'networks',
    'own',
    'ports',
    'labels',
  ]
  expect(names.filter((name) => !pattern.test(name))).toEqual([])
  expect(fixedSettingNames.filter((name) => item?.patternErrorMessage?.includes(name) !== true)).toEqual([])
  // What fell out of hiding is nothing that a file could have left so.
  const others = [
    'hide',
    'hide[".env"]',
    'env',
    'template',
    'ready',
    'workspace.inode',
    'mounts./data',
    'mounts[/data]',
    'resources.swap',
    'users',
    '',
  ]
  expect(others.filter((name) => pattern.test(name))).toEqual([])
})

describe('docs/config.md', () => {
  test('is what the schema says', () => {
    execFileSync(process.execPath, [`${root}scripts/generate.mjs`, '--check'], { stdio: 'pipe' })
  })

  test('has only files that load', async () => {
    const blocks = yamlBlocks(await readFile(`${root}docs/config.md`, 'utf8'))
    expect(blocks.length).toBeGreaterThan(20)
    for (const block of blocks) {
      // An example of `extends` needs the files that it names.
      const { problems } = await project({
        'platform/base.yaml': '{}\n',
        'work/team.yaml': '{}\n',
        'work/sandbox.yaml': block,
      })
      const requirement = /requires: "(\^0\.2\.0)"/.test(block)
      expect((await problems({ sbxVersion: requirement ? '0.2.0' : '0.1.0' })).map(placed), block).toEqual([])
    }
  })

  test('shows every key once in its first example of everything', async () => {
    const whole = yamlBlocks(await readFile(`${root}docs/config.md`, 'utf8'))[1] ?? ''
    const { config } = await (await projectOf(whole)).load()
    const ofTheFile = ['version', 'requires', 'extends', 'profiles']
    expect(Object.keys(config).sort()).toEqual(
      Object.keys(schema.properties)
        .filter((key) => !ofTheFile.includes(key))
        .sort(),
    )
  })
})
