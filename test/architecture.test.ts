// The shape of the source tree, held by reading every import: folders between the words and the commands never meet.

import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { importCircles, importsOf, readSourceTree, type SourceTree } from './support/source-tree.js'

const tree = readSourceTree(fileURLToPath(new URL('..', import.meta.url)))

const parts = ['config', 'resolve', 'template', 'plan', 'engine', 'ui']

/** Whether a file of `folder` may import `target`: a path in the tree, or the name of a package or of a part of Node. */
function isAllowed(folder: string, target: string): boolean {
  const isOwn = target.startsWith(`src/${folder}/`)
  if (folder === 'main.ts') return target.startsWith('src/cli/') || target.startsWith('node:')
  if (folder === 'model') return isOwn || target === 'node:crypto'
  if (folder === 'cli') return target !== 'src/main.ts'
  if (!parts.includes(folder)) return false
  return isOwn || target.startsWith('src/model/') || target.startsWith('./schema/') || !/^(src\/|\.)/.test(target)
}

function forbiddenImports(sources: SourceTree): string[] {
  return Object.keys(sources).flatMap((path) =>
    importsOf(sources, path)
      .filter((target) => !isAllowed(path.split('/')[1] ?? '', target))
      .map((target) => `${path} imports ${target}`),
  )
}

/** Of the parts that have folders of their own, from the lowest up: files beside these stand above all of them. */
const foldersOf: Readonly<Record<string, readonly string[]>> = {
  // From the call itself up to what ends a sandbox.
  cli: [
    ...['call', 'host', 'declared', 'clone', 'planning', 'approving', 'applying'],
    ...['many', 'access', 'copy', 'worktree', 'session', 'watching', 'template', 'login', 'removal'],
  ],
  // From the way to the engine up to what runs in a sandbox.
  engine: [
    ...['connection', 'labels', 'network', 'archive', 'image', 'container'],
    ...['volume', 'content', 'observe', 'egress', 'session'],
  ],
}

function upwardImports(sources: SourceTree, part: string): string[] {
  const folders = foldersOf[part] ?? []
  const levelOf = (path: string): number => {
    const [, , place, file] = path.split('/')
    return file === undefined ? folders.length : folders.indexOf(place ?? '')
  }
  const isOfPart = (path: string): boolean => path.startsWith(`src/${part}/`)
  return Object.keys(sources)
    .filter(isOfPart)
    .flatMap((path) =>
      importsOf(sources, path)
        .filter((target) => isOfPart(target) && (levelOf(path) < 0 || levelOf(target) > levelOf(path)))
        .map((target) => `${path} imports ${target}`),
    )
}

/** Packages that only one folder knows. */
const owners: Readonly<Record<string, string>> = {
  dockerode: 'engine',
  cosmiconfig: 'config',
  commander: 'cli',
  listr2: 'ui',
}

function strayPackages(sources: SourceTree): string[] {
  return Object.keys(sources).flatMap((path) =>
    importsOf(sources, path)
      .filter((target) => path.split('/')[1] !== (owners[target.split('/')[0] ?? ''] ?? path.split('/')[1]))
      .map((target) => `${path} imports ${target}`),
  )
}

const nothingNames = /(^|[-/])(utils?|helpers?|common|managers?|misc|shared|index)([-./]|$)/

const handWritten = Object.entries(tree).filter(([path]) => !path.includes('.generated.'))

describe('the source tree', () => {
  it('has a folder for each part', () => {
    const folders = new Set(Object.keys(tree).map((path) => path.split('/')[1]))
    expect([...folders].sort()).toEqual([...parts, 'cli', 'main.ts', 'model'].sort())
  })

  it('lets parts meet only in model, and cli alone stand above them', () => {
    expect(forbiddenImports(tree)).toEqual([])
  })

  it.each(Object.keys(foldersOf))('lets each folder of %s know only those below it', (part) => {
    expect(upwardImports(tree, part)).toEqual([])
  })

  it('has no circle', () => {
    expect(importCircles(tree)).toEqual([])
  })

  it('keeps each large package to one folder', () => {
    expect(strayPackages(tree)).toEqual([])
  })

  it('has files named by their subject', () => {
    expect(Object.keys(tree).filter((path) => nothingNames.test(path))).toEqual([])
  })

  it('has no file much over 250 lines', () => {
    const long = handWritten
      .map(([path, text]) => [path, text.split('\n').length] as const)
      .filter(([, lines]) => lines > 300)
    expect(long).toEqual([])
  })
})

describe('the rules above', () => {
  const broken: SourceTree = {
    'src/main.ts': `import { plan } from './plan/plan.js'`,
    'src/model/names.ts': `import { readFileSync } from 'node:fs'`,
    'src/plan/plan.ts': `import type { Engine } from '../engine/docker.js'\nexport { a } from './diff.js'`,
    'src/plan/diff.ts': `const later = () => import('./plan.js')`,
    'src/engine/docker.ts': `import Docker from 'dockerode'\nimport { x } from '../model/names.js'`,
    'src/ui/table.ts': `type Container = import('dockerode').Container\nimport text from '../../package.json'`,
    'src/cli/program.ts': `import { table } from '../ui/table.js'`,
    'src/extra/thing.ts': `import { x } from '../model/names.js'`,
  }

  it('see a forbidden import, be it static, dynamic or of a type', () => {
    expect(forbiddenImports(broken)).toEqual([
      'src/main.ts imports src/plan/plan.ts',
      'src/model/names.ts imports node:fs',
      'src/plan/plan.ts imports src/engine/docker.ts',
      'src/ui/table.ts imports ./package.json',
      'src/extra/thing.ts imports src/model/names.ts',
    ])
  })

  it('see a circle', () => {
    expect(importCircles(broken)).toEqual(['src/plan/plan.ts -> src/plan/diff.ts -> src/plan/plan.ts'])
  })

  it('see what knows a folder above it, and a folder that has no place', () => {
    const upward: SourceTree = {
      'src/engine/labels/labels.ts': `import { list } from '../observe/observe.js'`,
      'src/engine/observe/observe.ts': `import { labels } from '../labels/labels.js'`,
      'src/engine/docker.ts': `import { list } from './observe/observe.js'`,
      'src/engine/extra/thing.ts': `import { labels } from '../labels/labels.js'`,
    }
    expect(upwardImports(upward, 'engine')).toEqual([
      'src/engine/labels/labels.ts imports src/engine/observe/observe.ts',
      'src/engine/extra/thing.ts imports src/engine/labels/labels.ts',
    ])
  })

  it('see a package outside its folder', () => {
    expect(strayPackages(broken)).toEqual(['src/ui/table.ts imports dockerode'])
  })
})
