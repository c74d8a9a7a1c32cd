// What an image has in the home of `agent`. A new home volume is filled with it once; what a later image has there stays
// hidden behind the volume.

/** `path` is relative to the home, without a slash at either end. Modes are the lowest twelve bits. */
export type HomeEntry = { readonly path: string } & (
  | { readonly kind: 'folder'; readonly mode: number }
  /** `size` in bytes; `digest` is SHA-256 in hex. */
  | { readonly kind: 'file'; readonly mode: number; readonly size: number; readonly digest: string }
  | { readonly kind: 'link'; readonly target: string }
)

/** By path, folders before what is in them; or more than anybody compares. */
export type ImageHome = readonly HomeEntry[] | 'too-much'

/** What images have in their homes, by full image id. An id says what an image has, so that what is known stays true. */
export interface ImageHomes {
  get(imageId: string): Promise<ImageHome | null>
  put(imageId: string, home: ImageHome): Promise<void>
}

export type HiddenFile = { readonly path: string; readonly change: 'new' | 'changed' }

/** How many there are, and the first of them by path. */
export type HiddenFiles = { readonly count: number; readonly first: readonly HiddenFile[] }

/** What an apply found or did about a home that is older than its image: what it hides, or what became of that. */
export type HomeOutcome =
  | { readonly hidden: HiddenFiles }
  /** `left` are those that somebody changed or deleted. */
  | { readonly brought: number; readonly left: number }

/** Most that is told by name. */
const told = 20

/**
 * The files and links that `to` has and `from` has not, or otherwise; of a folder only that it is new and empty. What is
 * not in `to` any more is hidden by nothing.
 */
export function hiddenEntries(from: readonly HomeEntry[], to: readonly HomeEntry[]): readonly HomeEntry[] {
  const before = new Map(from.map((entry) => [entry.path, entry]))
  const filled = new Set(to.map(({ path }) => path.slice(0, Math.max(path.lastIndexOf('/'), 0))))
  return to.filter((entry) => {
    const old = before.get(entry.path)
    if (entry.kind === 'folder') return old === undefined && !filled.has(entry.path)
    return old === undefined || !isSameEntry(old, entry)
  })
}

/** Null where it is not known, or too much to be. */
export function hiddenFiles(from: ImageHome | null | undefined, to: ImageHome | null | undefined): HiddenFiles | null {
  if (from === null || from === undefined || from === 'too-much') return null
  if (to === null || to === undefined || to === 'too-much') return null
  const entries = hiddenEntries(from, to)
  const before = new Set(from.map(({ path }) => path))
  const first = entries
    .slice(0, told)
    .map(({ path }): HiddenFile => ({ path, change: before.has(path) ? 'changed' : 'new' }))
  return { count: entries.length, first }
}

export function isSameEntry(left: HomeEntry, right: HomeEntry): boolean {
  if (left.kind === 'link') return right.kind === 'link' && left.target === right.target
  if (left.kind === 'folder') return right.kind === 'folder' && left.mode === right.mode
  return right.kind === 'file' && left.digest === right.digest && left.mode === right.mode
}
