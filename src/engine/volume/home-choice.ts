// Which files of an image come into a home that is of an earlier one. Whoever works there may have changed, deleted or made
// anything in it, and all of that stays.

import { isSameEntry, type HomeEntry } from '../../model/home.js'
import { foldersAbove } from '../../model/path-tree.js'

/** What is at a path in a home volume, `owner` its number. */
export type FoundEntry = { readonly owner: number } & (HomeEntry | { readonly path: string; readonly kind: 'other' })

export type Choice = {
  /** Files, links and empty folders. */
  readonly brought: readonly HomeEntry[]
  /** Folders to be made on the way to them, outermost first. */
  readonly folders: readonly HomeEntry[]
  /** How many are as somebody made them, or as somebody deleted them. */
  readonly left: number
}

/**
 * `wanted` are entries of `to` that `from` has not or otherwise; `found` is what the volume has at their paths and on the way
 * there, of which those in `cutShort` are halves that an earlier call left.
 */
export function chooseEntries(
  wanted: readonly HomeEntry[],
  from: readonly HomeEntry[],
  to: readonly HomeEntry[],
  found: ReadonlyMap<string, FoundEntry>,
  cutShort: ReadonlySet<string> = new Set(),
): Choice {
  const [before, after] = [byPath(from), byPath(to)]
  const brought: HomeEntry[] = []
  const folders = new Map<string, HomeEntry>()
  let left = 0
  for (const entry of wanted) {
    const missing = missingFolders(entry.path, { before, after, found })
    const isCut = cutShort.has(entry.path)
    const fate =
      missing === null ? 'left' : isCut ? 'brought' : fateOf(entry, before.get(entry.path), found.get(entry.path))
    if (fate === 'left') left += 1
    if (fate !== 'brought') continue
    brought.push(entry)
    for (const folder of missing ?? []) folders.set(folder.path, folder)
  }
  return { brought, left, folders: [...folders.values()].sort((one, other) => (one.path < other.path ? -1 : 1)) }
}

/**
 * Whether what was found may be half of a file, written when a call was cut short: the engine writes as root, and gives a
 * file to its owner only when it is whole. Of an empty file that says nothing where root is who owns the home.
 */
export function mayBeCutShort(entry: HomeEntry, now: FoundEntry | undefined, homeOwner: number): boolean {
  if (entry.kind !== 'file' || now?.kind !== 'file' || now.size >= entry.size || now.owner !== 0) return false
  return homeOwner !== 0 || now.size > 0
}

function fateOf(
  entry: HomeEntry,
  before: HomeEntry | undefined,
  now: FoundEntry | undefined,
): 'brought' | 'there' | 'left' {
  // What the earlier image had there and is not there was deleted.
  if (now === undefined) return before === undefined ? 'brought' : 'left'
  if (isAsIn(entry, now)) return 'there'
  return before !== undefined && entry.kind !== 'folder' && before.kind !== 'folder' && isAsIn(before, now)
    ? 'brought'
    : 'left'
}

/** A change of owner takes set-uid bits away, and every file of a home has had one. */
function isAsIn(entry: HomeEntry, found: FoundEntry): boolean {
  if (found.kind === 'other') return false
  if (entry.kind === 'folder') return found.kind === 'folder'
  return isSameEntry(entry, found) || isSameEntry(withoutSetId(entry), found)
}

export function withoutSetId<Entry extends HomeEntry>(entry: Entry): Entry {
  return 'mode' in entry ? { ...entry, mode: entry.mode & ~0o6000 } : entry
}

/** Those that have to be made, outermost first; null where no way leads there, or somebody has deleted one on it. */
function missingFolders(
  path: string,
  {
    before,
    after,
    found,
  }: {
    readonly before: ReadonlyMap<string, HomeEntry>
    readonly after: ReadonlyMap<string, HomeEntry>
    readonly found: ReadonlyMap<string, FoundEntry>
  },
): HomeEntry[] | null {
  const missing: HomeEntry[] = []
  for (const folder of foldersAbove(path)) {
    const now = found.get(folder)
    if (now !== undefined) {
      if (now.kind !== 'folder') return null
      continue
    }
    const made = after.get(folder)
    if (made?.kind !== 'folder' || before.has(folder)) return null
    missing.push(made)
  }
  return missing
}

/** Most places that are asked for one by one. */
const mostTops = 64

/**
 * What to ask an engine for, none beneath another: all of `paths` are at or beneath one of them. As little else as can be,
 * since all that is beneath is sent.
 */
export function topsOf(paths: readonly string[]): readonly string[] {
  for (let depth = 8; ; depth -= 1) {
    const tops = new Set(paths.map((path) => topOf(path, depth)))
    const outermost = [...tops].filter((top) => !foldersAbove(top).some((folder) => tops.has(folder))).sort()
    if (outermost.length <= mostTops || depth === 1) return outermost
  }
}

/** The folder that it is in, or one further out; of what is in the home itself only that. */
function topOf(path: string, depth: number): string {
  const segments = path.split('/')
  return segments.slice(0, Math.max(1, Math.min(segments.length - 1, depth))).join('/')
}

function byPath(entries: readonly HomeEntry[]): ReadonlyMap<string, HomeEntry> {
  return new Map(entries.map((entry) => [entry.path, entry]))
}
