// One version of a project's file and of what it extends in the same repository, wherever that version is kept: the disk
// is asked for none of it. Personal layers are nobody else's, and left out.

import { DiagnosticError, type Diagnostic, type Position } from '../model/diagnostic.js'
import type { Layer } from './layer.js'
import { mergeLayers } from './merge.js'
import { failUnreadable } from './read.js'
import { readTree } from './read-tree.js'
import type { ReadVersioned } from './read-versioned.js'

export type ConfigVersion = {
  readonly base: Layer
  /** By name: what is written for the profile alone, and the same over the file. */
  readonly profiles: Readonly<Record<string, { readonly own: Layer; readonly whole: Layer }>>
  /** What is extended and was not read: git references as they are written, and absolute paths. */
  readonly unread: readonly { readonly reference: string; readonly at: Position }[]
}

export type VersionRequest = {
  /** Absolute path of the project's file, as it is in the working tree. */
  readonly file: string
  /** What `~` is; absolute. */
  readonly home: string
  readonly sbxVersion: string
  readonly read: ReadVersioned
}

/** Null where the version has no such file. Throws one DiagnosticError with everything that is wrong with its files. */
export async function loadVersion({ file, home, sbxVersion, read }: VersionRequest): Promise<ConfigVersion | null> {
  const problems: Diagnostic[] = []
  const unread: { reference: string; at: Position }[] = []
  const readVersioned: ReadVersioned = async (path, at) => {
    const source = await read(path, at)
    if (source !== 'elsewhere') return source
    if (at === undefined) failUnreadable(path, 'it is a link that leads out of the repository')
    unread.push({ reference: path, at })
    return source
  }
  const context = {
    uid: 0,
    home,
    sbxVersion,
    // A base in a git repository is never fetched; by its name it lies elsewhere.
    readRemoteBase: async (written: string) => Promise.resolve({ file: written, folder: '/', template: noTemplate }),
    readVersioned,
    problems,
  }
  const layers = await readTree(file, context, { isPersonal: false })
  if (problems.length > 0) throw new DiagnosticError(problems)
  if (layers.length === 0) return null

  const base = mergeLayers(layers.map(({ layer }) => layer))
  const names = [...new Set(layers.flatMap(({ profiles }) => Object.keys(profiles)))].sort()
  const profiles = names.map((name) => {
    const own = layers.flatMap(({ profiles: each }) => (Object.hasOwn(each, name) ? [each[name] as Layer] : []))
    return [name, { own: mergeLayers(own), whole: mergeLayers([base, ...own]) }] as const
  })
  return { base, profiles: Object.fromEntries(profiles), unread }
}

function noTemplate(path: string): string {
  throw new Error(`nothing of ${path} is read`)
}
