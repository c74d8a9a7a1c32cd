// Every sandbox.yaml below some folders, for the commands that are for all of them.

import { realpath, readdir, stat } from 'node:fs/promises'
import type { Dirent } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fail } from '../model/diagnostic.js'
import { fileName, mistakenName } from './locate.js'

/** How far below the folder that is named a file is looked for; a workspace deeper down is named itself. */
const maximumDepth = 8
/**
 * How many folders are looked into. A call in the wrong place, such as `/`, is told so before it has read the whole disk;
 * and what is in one folder, where an agent may make as many as it likes, keeps nobody from looking into its neighbours.
 */
const mostFolders = { inAll: 100_000, belowOne: 20_000 } as const

/** Where packages are put: what lies in there was made for somebody else. */
const passedOver: ReadonlySet<string> = new Set(['node_modules', 'vendor'])

export type Found = {
  /** Absolute, in the order of the tree. */
  readonly files: readonly string[]
  /** Files of nearly the right name, which nobody reads. */
  readonly misnamed: readonly string[]
  /** Folders that may not be looked into. */
  readonly closed: readonly string[]
  /** Folders directly in those that were named, with more in them than is looked into; the deepest was not. */
  readonly crowded: readonly string[]
}

/**
 * Does not follow links and looks into no hidden folder, but into those that are named themselves. Throws where one of
 * them is no folder.
 */
export async function findProjectFiles(
  folders: readonly string[],
  most: { readonly inAll: number; readonly belowOne: number } = mostFolders,
): Promise<Found> {
  const files = new Set<string>()
  const misnamed = new Set<string>()
  const closed = new Set<string>()
  const seen = new Set<string>()
  const crowded = new Set<string>()
  const countBelow = new Map<string, number>()
  let level = await Promise.all(
    folders.map(async (folder): Promise<Place> => ({ folder: await existing(folder), below: null })),
  )
  for (let depth = 0; depth <= maximumDepth && level.length > 0; depth++) {
    const next: Place[] = []
    for (const { folder, below } of level) {
      if (seen.has(folder)) continue
      if (below !== null) {
        const count = (countBelow.get(below) ?? 0) + 1
        countBelow.set(below, count)
        if (count > most.belowOne) {
          crowded.add(below)
          continue
        }
      }
      seen.add(folder)
      if (seen.size > most.inAll) tooMany(folders, most.inAll)
      const entries = await entriesOf(folder)
      if (entries === null) {
        closed.add(folder)
        continue
      }
      const names = new Set(entries.map(({ name }) => name))
      // A file that is a link is read as elsewhere, where what it leads to is looked at.
      if (names.has(fileName)) files.add(join(folder, fileName))
      else if (names.has(mistakenName)) misnamed.add(join(folder, mistakenName))
      for (const entry of entries) {
        if (entry.isDirectory() && !entry.name.startsWith('.') && !passedOver.has(entry.name)) {
          const path = join(folder, entry.name)
          next.push({ folder: path, below: below ?? path })
        }
      }
    }
    level = next
  }
  const inOrder = (paths: ReadonlySet<string>): readonly string[] => [...paths].sort(byPath)
  return {
    files: inOrder(files),
    misnamed: inOrder(misnamed),
    closed: inOrder(closed),
    crowded: inOrder(crowded),
  }
}

/** A folder to look into, and which one it is in of those directly below what was named. */
type Place = { readonly folder: string; readonly below: string | null }

async function existing(folder: string): Promise<string> {
  try {
    const path = await realpath(resolve(folder))
    if ((await stat(path)).isDirectory()) return path
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error
  }
  return fail('config/no-folder', 'There is no such folder', { detail: `${folder} is not a folder.` })
}

/** Null where it may not be read; a folder that went away meanwhile has nothing in it. */
async function entriesOf(folder: string): Promise<readonly Dirent[] | null> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error
    return error.code === 'ENOENT' || error.code === 'ENOTDIR' ? [] : null
  }
}

export function tooMany(folders: readonly string[], most: number = mostFolders.belowOne): never {
  fail('config/too-many-folders', 'There are too many folders to look into', {
    detail:
      `Below ${folders.map((folder) => basename(resolve(folder)) || '/').join(', ')} are more than ` +
      `${String(most)} folders. Name those that the projects are in.`,
  })
}

/** As a tree is read: a folder before what is in it, and that before its neighbours. */
export function byPath(left: string, right: string): number {
  const [one, other] = [left, right].map((path) => dirname(path).replaceAll('/', '\0')) as [string, string]
  return one < other ? -1 : one > other ? 1 : 0
}
