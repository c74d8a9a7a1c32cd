// What became of the files that this machine runs or trusts, between two looks at them. Told is what is new or another;
// what is gone runs nothing.

import type { WorkspaceChange } from '../model/workspace-report.js'
import { newRunning, type GitSettings } from './git-settings.js'
import type { TrustedFile, TrustedFiles } from './trusted-files.js'

/** What git makes of a configuration; null where it makes nothing of it, and `ended` where it was not given the time. */
export type ReadSettings = (text: string) => Promise<GitSettings | 'ended' | null>

export type TrustedChanges = { readonly changes: readonly WorkspaceChange[]; readonly isCut: boolean }

/** Sorted by path, as far as it came until `isOver` said so. */
export async function trustedChanges(
  before: TrustedFiles,
  after: TrustedFiles,
  readSettings: ReadSettings,
  isOver: () => boolean,
): Promise<TrustedChanges> {
  const changes: WorkspaceChange[] = []
  let isCut = false
  for (const [path, now] of after) {
    const was = before.get(path)
    if (was !== undefined && isSame(was, now)) continue
    const what = isOver() ? 'ended' : await whatChanged(path, was, now, readSettings)
    if (what === 'ended') isCut = true
    else if (what.length > 0) changes.push({ path, what })
    if (isCut) break
  }
  return { changes: changes.sort((one, other) => (one.path < other.path ? -1 : 1)), isCut }
}

function isSame(was: TrustedFile, now: TrustedFile): boolean {
  if (was.isExecutable !== now.isExecutable) return false
  return was.text !== null && now.text !== null ? was.text === now.text : was.text === now.text && was.mark === now.mark
}

async function whatChanged(
  path: string,
  was: TrustedFile | undefined,
  now: TrustedFile,
  readSettings: ReadSettings,
): Promise<readonly string[] | 'ended'> {
  const verb = was === undefined ? 'new' : 'changed'
  if (now.text === null) {
    const link = /^link (.*)$/s.exec(now.mark)?.[1]
    return [link === undefined ? `${verb}, and cannot be read` : `${verb}: a link to ${link}`]
  }
  // As every work tree has it that git made.
  if (path.endsWith('/commondir') && now.text.trim() === '../..') return []
  if (isGitConfig(path)) {
    const settings = await readSettings(now.text)
    if (settings === 'ended') return settings
    if (settings === null) return [`${verb}, and git does not understand it`]
    const had = was === undefined || was.text === null ? null : await readSettings(was.text)
    return had === 'ended' ? had : newRunning(had ?? new Map(), settings)
  }
  if (/(^|\/)(\.gitattributes|info\/attributes)$/.test(path)) {
    return newLines(was?.text ?? '', now.text).filter((line) => /\b(filter|diff|merge)=/.test(line))
  }
  if (path === 'package.json') return newScripts(was?.text ?? '', now.text)
  return [`${verb}: ${whoRuns(path)}`]
}

function isGitConfig(path: string): boolean {
  return path === '.gitmodules' || /(^|\/)config(\.worktree)?$/.test(path)
}

function whoRuns(path: string): string {
  if (path === '.git' || path.endsWith('/.git') || path.endsWith('/commondir')) return 'where git finds the repository'
  if (path === 'sandbox.yaml' || path === 'sandbox.lock') return 'what the next sbx apply goes by'
  if (/(^|\/)(hooks|\.husky|\.githooks)\//.test(path)) return 'git runs it as a hook'
  if (/(^|\/)(\.vscode|\.idea|\.devcontainer)\/|^\.devcontainer\.json$/.test(path))
    return 'an editor runs what is in it'
  if (/(^|\/)(\.envrc|\.?mise\.toml)$/.test(path)) return 'run where the folder is entered'
  if (/^(\.npmrc|\.yarnrc\.yml)$/.test(path)) return 'what packages are fetched from, and by what'
  if (/^(\.pre-commit-config\.yaml|lefthook\.yml)$/.test(path)) return 'its commands run as hooks of git'
  if (/(make|just|task)file(\.ya?ml)?$/i.test(path)) return 'its commands run when you build'
  return 'git runs it as a hook'
}

function newLines(before: string, after: string): readonly string[] {
  const had = new Set(before.split('\n').map((line) => line.trim()))
  return [...new Set(after.split('\n').map((line) => line.trim()))].filter((line) => !had.has(line))
}

function newScripts(before: string, after: string): readonly string[] {
  const scripts = scriptsIn(after)
  if (scripts === null) return ['changed, and cannot be understood']
  const had = scriptsIn(before) ?? new Map<string, string>()
  return [...scripts].flatMap(([name, script]) => (had.get(name) === script ? [] : [`scripts.${name} = ${script}`]))
}

/** Null where it is no JSON. */
function scriptsIn(text: string): ReadonlyMap<string, string> | null {
  try {
    const value: unknown = JSON.parse(text)
    const scripts = typeof value === 'object' && value !== null && 'scripts' in value ? value.scripts : null
    if (typeof scripts !== 'object' || scripts === null) return new Map()
    return new Map(Object.entries(scripts).map(([name, script]) => [name, String(script)]))
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
