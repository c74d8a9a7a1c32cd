// The git folder that a work tree or a submodule shares with the repository that it is of. Git does not work in a sandbox
// that does not have it, so it is mounted at its own path, like what a file asks for: with a yes, and looked at before
// each start. What a file or the user's own policy says of that place goes before it.

import { basename, dirname } from 'node:path'
import type { LoadedConfig } from '../model/config.js'
import type { DesiredSandbox } from '../model/desired.js'
import type { Grant } from '../model/grant.js'
import { denyingRule, type Policy } from '../model/policy.js'
import type { MountSpec } from '../model/spec.js'
import { mountGrantKey, mountGrantValue } from './grants.js'
import type { Host } from './host.js'
import { resolveMounts, targetRefusal, type Mounts } from './mounts.js'
import { isAtOrBeneath, withTilde } from './paths.js'
import { mountRefusal } from './protected-paths.js'

type Known = { readonly path: string; readonly of: 'work tree' | 'submodule' }

/** Of a workspace whose `.git` is a file; found by who knows git. */
export type GitFolderFacts =
  | Known
  /** As the end of a sentence about `path`. */
  | { readonly path: string; readonly why: string }

export type MountsWithGit = Mounts & {
  /** For the mount that no file asks for. */
  readonly unasked: readonly Grant[]
  readonly inside: Pick<DesiredSandbox, 'noGit'>
}

export async function mountsWithGit(
  { config, origins }: Pick<LoadedConfig, 'config' | 'origins'>,
  workspace: string,
  host: Host,
  { policy, gitFolder }: { readonly policy?: Policy | undefined; readonly gitFolder?: GitFolderFacts | undefined },
): Promise<MountsWithGit> {
  const asked = await resolveMounts(config, origins, workspace, host, policy)
  const without = (noGit?: string): MountsWithGit => ({
    ...{ ...asked, unasked: [], inside: noGit === undefined ? {} : { noGit } },
  })
  if (gitFolder === undefined) return without()
  const { path } = gitFolder
  if ('why' in gitFolder) return without(`${path} ${gitFolder.why}`)
  const isThere = [workspace, ...Object.keys(asked.mounts)].some((target) => isAtOrBeneath(path, target))
  if (isThere) return without()
  const mount = { source: path, readonly: config.workspace?.readonly ?? false }
  const refusedThere = targetRefusal(path, workspace)
  if (refusedThere !== null) return without(refusedThere)
  const refused = mountRefusal(mount, host, policy)
  if (refused !== null) return without(`${path} ${refused.why}`)
  const grant = grantOf(gitFolder, mount, host.home)
  const rule = denyingRule(policy, grant)
  if (rule !== undefined) return without(`${path} is denied by ${rule.pattern} in your policy`)
  return { ...asked, mounts: { ...asked.mounts, [path]: mount }, unasked: [grant], inside: {} }
}

function grantOf({ path, of }: Known, mount: MountSpec, home: string): Grant {
  const mode = mount.readonly ? 'read-only' : 'read-write'
  const whose = of === 'work tree' ? `of ${withTilde(basename(path) === '.git' ? dirname(path) : path, home)}` : 'of it'
  return {
    key: mountGrantKey(path),
    value: mountGrantValue(mount),
    subject: `mount:${path}:${mount.readonly ? 'ro' : 'rw'}`,
    summary: `${mode} git folder of this ${of}: branches, settings and hooks ${whose}`,
  }
}
