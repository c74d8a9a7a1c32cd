// What a work tree holds that is nowhere else, told by git through a view: its repository's settings are not read, and nothing
// is run in modules and repositories in it.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { git } from './git.js'
import { toldIfFailed } from './git-failures.js'
import type { GitFolders, ReadPlain } from './git-folder.js'
import { mostMemory } from './git-memory.js'
import type { ObjectContext } from './git-objects.js'
import { readRefs } from './git-refs.js'
import { viewEnv, withView } from './git-view.js'

/** In milliseconds. */
const limit = 60_000

/** In bytes. */
const most = { line: 8192, index: 512 * 1024 * 1024, exclude: 1024 * 1024 }

/** What git keeps while something is under way. */
const underway = ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD', 'BISECT_LOG', 'rebase-merge', 'rebase-apply']

/**
 * Why a work tree holds something that would go with it, as the end of a sentence about it; null where its branch has it
 * all, but for what git ignores.
 */
export async function workTreeHolds(
  { root, own, common }: GitFolders,
  isThere: (path: string) => boolean,
  read: ReadPlain,
  { env, signal }: ObjectContext,
): Promise<string | null> {
  const head = (await read(join(own, 'HEAD'), most.line))?.toString() ?? ''
  if (!/^ref: refs\/heads\/\S+\n?$/.test(head)) return 'is on no branch'
  if (isThere(join(own, 'locked'))) return 'is locked'
  if (underway.some((name) => isThere(join(own, name)))) return 'is in the middle of a merge, a rebase or the like'
  if (isThere(join(own, 'modules'))) return 'has submodules'
  const index = await read(join(own, 'index'), most.index)
  if (index === null) return 'has no index'
  const exclude = await read(join(common, 'info/exclude'), most.exclude)
  const idLength = await idLengthOf(common, read)
  return withView({ common }, { idLength, refs: 'its own' }, async (view) => {
    await writeFile(join(view, 'HEAD'), head)
    await writeFile(join(view, 'index'), index)
    const excludes = join(view, 'exclude')
    await writeFile(excludes, exclude ?? '')
    const call = { env: viewEnv(env, view), signal, repository: view, limit, mostMemory }
    const ask = (...args: readonly string[]): Promise<Buffer> =>
      toldIfFailed(git([`--work-tree=${root}`, '-c', `core.excludesFile=${excludes}`, ...args], call))
    const staged = (await ask('ls-files', '--stage', '-z')).toString()
    // Git would run in each of them, by its own settings.
    const modules = [...staged.matchAll(/(?:^|\0)160000 [0-9a-f]+ \d\t([^\0]+)/g)].map(([, path = '']) => path)
    if (modules.some((path) => isThere(join(root, path, '.git')))) return 'has submodules'
    const status = ['status', '--porcelain', '-z', '--no-renames', '--untracked-files=all', '--ignore-submodules=all']
    const changed = (await ask(...status)).toString().split('\0').filter(Boolean).length
    if (changed === 0) return null
    return `has ${changed === 1 ? 'a file that is' : `${String(changed)} files that are`} not committed`
  })
}

/** By how any of its branches is written. */
async function idLengthOf(common: string, read: ReadPlain): Promise<number> {
  const [first] = (await readRefs({ common }, read)).values()
  return first?.length ?? 40
}
