// Which of the commits of a clone the host's repository has.

import { git } from './git.js'
import { toldIfFailed } from './git-failures.js'
import type { GitFolders, ReadPlain } from './git-folder.js'
import type { ObjectContext } from './git-objects.js'
import { mostMemory } from './git-memory.js'
import { isCommit } from './git-reference.js'
import { readRefs } from './git-refs.js'
import { viewEnv, withView } from './git-view.js'

/** In milliseconds. */
const limit = 60_000

/**
 * Of these full ids those that no branch or tag of the repository leads to, in their order, each once. An object that is
 * there and that nothing leads to does not count: git removes it one day. `read` is `readPlain` of cli. Runs git where
 * there is an id that is no tip itself, and nothing of the repository's settings. Throws `clone/...`, `diff/...` and
 * `template/git-missing`.
 */
export async function unreachedTips(
  folders: Pick<GitFolders, 'common'>,
  tips: readonly string[],
  read: ReadPlain,
  context: ObjectContext,
): Promise<readonly string[]> {
  const refs = await readRefs(folders, read)
  const known = new Set(refs.values())
  const asked = [...new Set(tips)].filter((tip) => isCommit(tip) && !known.has(tip))
  if (asked.length === 0) return []
  const idLength = asked[0]?.length ?? 40
  return withView(folders, { idLength, refs }, async (view) => {
    const call = { ...context, env: viewEnv(context.env, view), repository: view, limit, mostMemory }
    const run = (args: readonly string[], lines: readonly string[]): Promise<string> =>
      toldIfFailed(git(args, { ...call, input: lines.map((line) => `${line}\n`).join('') })).then(String)
    const told = (
      await run(
        ['cat-file', '--batch-check=%(objectname)'],
        asked.map((tip) => `${tip}^{commit}`),
      )
    ).split('\n')
    const commits = new Map(asked.map((tip, index) => [tip, told[index] ?? '']))
    const there = [...new Set(commits.values())].filter(isCommit)
    const beyond = there.length === 0 ? '' : await run(['rev-list', '--stdin', '--not', '--all'], there)
    const unreached = new Set(beyond.split('\n'))
    const isUnreached = (commit: string): boolean => !isCommit(commit) || unreached.has(commit)
    return asked.filter((tip) => isUnreached(commits.get(tip) ?? ''))
  })
}
