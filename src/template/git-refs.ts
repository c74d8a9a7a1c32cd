// Branches and tags of a repository, read without git and through no link; and what of it makes that a git beside ours
// would not see it whole.

import { lstatSync, readdirSync, type Dirent } from 'node:fs'
import { join } from 'node:path'
import { fail } from '../model/diagnostic.js'
import type { GitFolders, ReadPlain } from './git-folder.js'
import { isCommit, isRefName } from './git-reference.js'

/** Full ids by full name: `refs/heads/main`. */
export type Refs = ReadonlyMap<string, string>

/** In bytes. A file of packed refs has a line for each that the repository ever had. */
const most = { ref: 4096, packed: 64 * 1024 * 1024, list: 1024 * 1024 }

/**
 * Branches and tags, sorted by name; none that only names another one. Throws `diff/git-elsewhere` where a place is a link,
 * and `clone/ref-format`.
 */
export async function readRefs({ common }: Pick<GitFolders, 'common'>, read: ReadPlain): Promise<Refs> {
  if (lstatSync(join(common, 'reftable'), { throwIfNoEntry: false }) !== undefined) {
    fail('clone/ref-format', 'The repository keeps its branches in a form that sbx does not read', {
      detail: `${common} has them in tables (reftable). With git 2.46 or newer: git refs migrate --ref-format=files`,
    })
  }
  const found = new Map<string, string>()
  const packed = (await read(join(common, 'packed-refs'), most.packed))?.toString() ?? ''
  for (const [, id = '', name = ''] of packed.matchAll(/^([0-9a-f]{40}|[0-9a-f]{64}) (refs\/(?:heads|tags)\/\S+)$/gm)) {
    if (isPlainRef(name)) found.set(name, id)
  }
  for (const name of [...namesIn(common, 'refs/heads'), ...namesIn(common, 'refs/tags')]) {
    const text = (await read(join(common, name), most.ref))?.toString().trimEnd()
    if (text !== undefined && isCommit(text)) found.set(name, text)
  }
  return new Map([...found].sort(([left], [right]) => (left < right ? -1 : 1)))
}

/** As git would write it, also as files, and nothing that a line or a shell could take for more than a name. */
export function isPlainRef(name: string): boolean {
  const isPlain = /^refs\/[^\s\p{Cc}\p{Zl}\p{Zp}\ufffd]+$/u.test(name) && isRefName(name)
  // A file system takes 255 bytes, and git adds `.lock`.
  return isPlain && name.split('/').every((part) => Buffer.byteLength(part) <= 250)
}

/** What the working trees of the repository are on: branches by full name, with the folder that git knows the tree by. */
export async function branchesCheckedOut(
  { common }: Pick<GitFolders, 'common'>,
  read: ReadPlain,
): Promise<ReadonlyMap<string, string>> {
  const trees = entriesIn(join(common, 'worktrees')).filter((entry) => entry.isDirectory())
  const heads = new Map<string, string>()
  for (const own of [common, ...trees.map(({ name }) => join(common, 'worktrees', name))]) {
    const head = await headBranch(own, read)
    if (head !== null) heads.set(head, own)
  }
  return heads
}

/** Full name of the branch that a working tree is on; null where it is on none. `own` as in `GitFolders`. */
export async function headBranch(own: string, read: ReadPlain): Promise<string | null> {
  const text = (await read(join(own, 'HEAD'), most.ref))?.toString() ?? ''
  return /^ref: ?(refs\/\S+)\s*$/.exec(text)?.[1] ?? null
}

/**
 * Throws `clone/borrowed-objects` where part of the history is elsewhere: git would read it there by settings that sbx does
 * not follow, or fetch it by those.
 */
export async function checkWhole({ common }: Pick<GitFolders, 'common'>, read: ReadPlain): Promise<void> {
  const objects = join(common, 'objects')
  const refuse = (why: string): never =>
    fail('clone/borrowed-objects', 'The repository does not have all of its history itself', {
      detail: `${common}: ${why}`,
    })
  const isWritten = async (path: string): Promise<boolean> =>
    ((await read(path, most.list))?.toString().trim() ?? '') !== ''
  if (await isWritten(join(objects, 'info/alternates'))) {
    refuse('it borrows objects of another one. To have them all: git repack -a -d && rm .git/objects/info/alternates')
  }
  if (await isWritten(join(common, 'shallow'))) {
    refuse('it was cloned without its older commits. To fetch them: git fetch --unshallow')
  }
  if (entriesIn(join(objects, 'pack')).some(({ name }) => name.endsWith('.promisor'))) {
    refuse('it was cloned in part (--filter), and fetches the rest when it is needed. Clone it once more as a whole.')
  }
}

function namesIn(common: string, folder: string): readonly string[] {
  return entriesIn(join(common, folder)).flatMap((entry) => {
    const name = `${folder}/${entry.name}`
    if (entry.isDirectory()) return isPlainRef(name) ? namesIn(common, name) : []
    return entry.isFile() && isPlainRef(name) ? [name] : []
  })
}

/** Nothing of what is no folder. */
function entriesIn(folder: string): readonly Dirent[] {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return []
  return readdirSync(folder, { withFileTypes: true })
}
