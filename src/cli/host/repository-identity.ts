// Who the user is to git in a repository that nobody vouches for: what its settings say of that is read, and nothing else of
// them is given to git. So they run nothing, lead to no other file, and git alone decides what goes before what.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode } from '../../model/diagnostic.js'
import { readGitIdentity, type GitIdentity } from '../../resolve/git-identity.js'
import { readGitSettings, type GitSettings } from '../../resolve/git-settings.js'
import type { Host } from '../../resolve/host.js'
import { findGitFolders, type GitFolders } from '../../template/git-folder.js'
import { withRepository } from '../../template/git-view.js'
import { readPlain } from './read-plain.js'

/** In bytes. */
const largest = { config: 1024 * 1024, head: 8192 }

/** In characters, of a name or address. */
const longest = 500

/**
 * As git on this machine would have it in the workspace, a real path: also where an `includeIf` of the user's own goes by
 * the place, the branch or the addresses of the repository. Files that the repository's settings include are not read.
 * Undefined where the workspace is not the top of a repository, or of none that can be told from another.
 */
export async function repositoryIdentity(
  workspace: string,
  host: Pick<Host, 'programEnv'>,
): Promise<GitIdentity | null | undefined> {
  const env = host.programEnv()
  try {
    const folders = await findGitFolders(workspace, readPlain)
    if (folders.root !== workspace) return undefined
    // Git would wait at what is no plain file.
    if ((await readPlain(join(folders.own, 'HEAD'), largest.head)) === null) return undefined
    const settings = await localSettings(folders, env)
    return await withRepository(40, async (common) => {
      await writeFile(join(common, 'config'), settings, { flag: 'a' })
      return readGitIdentity(env, { own: folders.own, common })
    })
  } catch (error) {
    if (hasCode(error, 'diff/git-elsewhere', 'diff/no-repository')) return undefined
    throw error
  }
}

/** As git writes a configuration. What is wanted is in few repositories, and git is asked only there. */
async function localSettings({ own, common }: GitFolders, env: Host['env']): Promise<string> {
  const shared = await settingsIn(join(common, 'config'), env)
  const isSplit = /^(?:true|yes|on|[1-9]\d*|)$/i.test(shared?.get('extensions.worktreeconfig')?.at(-1) ?? 'no')
  const ofTree = isSplit ? await settingsIn(join(own, 'config.worktree'), env) : null
  return [shared, ofTree].flatMap((settings) => [...(settings ?? [])].flatMap(written)).join('')
}

async function settingsIn(path: string, env: Host['env']): Promise<GitSettings | null> {
  const text = (await readPlain(path, largest.config))?.toString()
  if (text === undefined || !/\[\s*(?:user|author|remote|extensions)/i.test(text)) return null
  const settings = await readGitSettings(text, env)
  return settings === 'ended' ? null : settings
}

/** Of an address only that there is one by it: `hasconfig:remote.*.url` asks for no name. */
function written([key, values]: readonly [string, readonly string[]]): readonly string[] {
  const [, section, name] = /^(user|author)\.(name|email)$/.exec(key) ?? []
  const header = section === undefined ? '[remote "it"]' : `[${section}]`
  if (name === undefined && !/^remote\..*\.url$/s.test(key)) return []
  return values
    .filter((value) => value.length <= longest && !/\p{Cc}/u.test(value))
    .map((value) => `${header}\n\t${name ?? 'url'} = "${value.replace(/["\\]/g, '\\$&')}"\n`)
}
