// What a name of a version stands for: branches, tags and HEAD as git keeps them in files, read without git, which would
// look into the repository's own settings first. What follows a name, `~2` or `^`, is left to git and its objects.

import { join } from 'node:path'
import { fail } from '../model/diagnostic.js'
import type { GitFolders, ReadPlain } from './git-folder.js'
import { isCommit, isRefName } from './git-reference.js'

/** In bytes. A file of packed refs has a line for each that the repository ever had. */
const most = { ref: 4096, packed: 64 * 1024 * 1024 }

const longestChain = 5

/**
 * An expression over object ids alone, which asks nothing of the repository but objects: `1f3a...~2`. Digits that could be
 * a short id are left as they are. Throws `diff/no-revision`.
 */
export async function revisionOf(written: string, folders: GitFolders, read: ReadPlain): Promise<string> {
  const [, name = '', rest = ''] = /^(.*?)((?:~[0-9]{0,9}|\^[0-9]{0,9})*)$/s.exec(written) ?? []
  if (written.length > 1024 || /[\s\p{Cc}]/u.test(written) || (name !== '@' && !isRefName(name))) {
    return noRevision(written)
  }
  if (isCommit(name)) return name + rest
  const found = await objectOf(name === '@' ? 'HEAD' : name, folders, read)
  if (found !== null) return found + rest
  if (/^[0-9a-f]{7,64}$/.test(name)) return name + rest
  return noRevision(written)
}

export function noRevision(written: string): never {
  fail('diff/no-revision', 'The git repository has no such version', {
    detail:
      `"${written}" is no branch, tag or commit that is here. Name one that git shows; in CI, let the checkout fetch ` +
      'it (a shallow one has a single commit).',
  })
}

async function objectOf(name: string, folders: GitFolders, read: ReadPlain): Promise<string | null> {
  const places = /^(?:[A-Z_]*HEAD|refs\/.*)$/.test(name)
    ? [name]
    : [`refs/${name}`, `refs/tags/${name}`, `refs/heads/${name}`, `refs/remotes/${name}`, `refs/remotes/${name}/HEAD`]
  const packed = await packedRefs(folders, read)
  for (const place of places) {
    const found = await followed(place, folders, packed, read)
    if (found !== null) return found
  }
  return null
}

/** One that names another, as HEAD does its branch, is followed. */
async function followed(
  place: string,
  { own, common }: GitFolders,
  packed: ReadonlyMap<string, string>,
  read: ReadPlain,
): Promise<string | null> {
  let name = place
  for (let depth = 0; depth < longestChain; depth++) {
    const isOwn = !name.startsWith('refs/') || /^refs\/(?:bisect|worktree|rewritten)\//.test(name)
    const text = (await read(join(isOwn ? own : common, name), most.ref))?.toString().trimEnd() ?? packed.get(name)
    if (text === undefined) return null
    if (isCommit(text)) return text
    const [, next] = /^ref: ?(refs\/\S+)$/.exec(text) ?? []
    if (next === undefined || !isRefName(next)) {
      // FETCH_HEAD: an id, and what it was fetched from.
      const [first = ''] = text.split(/\s/, 1)
      return isCommit(first) ? first : null
    }
    name = next
  }
  return null
}

async function packedRefs({ common }: GitFolders, read: ReadPlain): Promise<ReadonlyMap<string, string>> {
  const text = (await read(join(common, 'packed-refs'), most.packed))?.toString() ?? ''
  const refs = new Map<string, string>()
  for (const [, object = '', name = ''] of text.matchAll(/^([0-9a-f]{40}|[0-9a-f]{64}) (refs\/\S+)$/gm)) {
    refs.set(name, object)
  }
  return refs
}
