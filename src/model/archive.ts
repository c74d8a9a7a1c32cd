// What a container or a volume has at a path, as the engine hands it over.

/** Written by whoever runs inside: names, links and sizes are theirs. */
export type ArchiveEntry = {
  /** Relative to what was asked for, which is `''` itself; has no `..` in it. */
  readonly path: string
  readonly kind: 'file' | 'folder' | 'link' | 'hard-link' | 'other'
  /** Permission bits, those for setting an id among them. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Of the content, in bytes. */
  readonly size: number
  /** In seconds since 1970. */
  readonly modifiedAt: number
  /** Where a link leads, as it is written in it; null for what is none. */
  readonly target: string | null
  /** To be read to its end, or passed over with `resume`, before the next entry comes. */
  readonly content: AsyncIterable<Uint8Array> & { resume(): unknown }
}
