// Filling a clone: an empty repository inside, the host's commits over a pipe, and the branch that the agent works on. Each
// part can be done again, and once the branch is there nothing is touched any more.

import { join } from 'node:path'
import { fail } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { SeedStep } from '../../model/plan.js'
import type { ContainerSpec } from '../../model/spec.js'
import type { DoInside } from '../../plan/apply.js'
import { readGitSettings } from '../../resolve/git-settings.js'
import type { Host } from '../../resolve/host.js'
import { findGitFolders, type GitFolders } from '../../template/git-folder.js'
import { seedRef, seedRepository } from '../../template/git-send.js'
import { gitInside, scriptInside } from './git-inside.js'
import { readPlain } from '../host/read-plain.js'
import checkoutScript from './seed-checkout.sh'
import initScript from './seed-init.sh'

/** In bytes, more than a configuration that a person wrote comes to. */
const largestConfig = 1024 * 1024

export function seeding(
  engine: Pick<Engine, 'pipe'>,
  host: Pick<Host, 'programEnv'>,
  spec: Pick<ContainerSpec, 'workspace' | 'volumes' | 'mounts'>,
): DoInside<SeedStep> {
  return async ({ path, branch, head }, containerId, tell, signal) => {
    const env = host.programEnv()
    const folders = await findGitFolders(path, readPlain)
    const script = scriptInside({ engine, containerId, folder: path, env: {} }, signal)
    const doing = 'fill the clone'
    const told = await script(initScript, [branch, formatOf(head), ...mountedIn(spec)], doing)
    if (told === 'filled') return
    if (told !== '') failNotEmpty(path, told)
    const context = { env, signal, read: readPlain, far: gitInside(engine, containerId, path), onProgress: tell }
    await seedRepository(folders, head, context)
    const url = await originUrl(folders, env)
    await script(checkoutScript, [branch, head, url ?? '', seedRef], doing)
  }
}

/** Names at the top of the workspace that the engine has made for mounts. */
function mountedIn({ workspace, volumes, mounts }: Pick<ContainerSpec, 'workspace' | 'volumes' | 'mounts'>): string[] {
  const prefix = `${workspace.path}/`
  const targets = [...Object.keys(volumes), ...Object.keys(mounts)].filter((target) => target.startsWith(prefix))
  return [...new Set(targets.map((target) => target.slice(prefix.length).split('/')[0] ?? ''))]
}

function formatOf(head: string): 'sha1' | 'sha256' {
  return head.length === 64 ? 'sha256' : 'sha1'
}

function failNotEmpty(path: string, name: string): never {
  fail('clone/not-empty', 'The volume of a clone has something else in it', {
    detail: `At ${path} there is ${name} and no repository. sbx writes over nothing: move it away, or remove the volume.`,
  })
}

/**
 * Where the host's repository comes from, without who may write there. Null where that is nowhere, or a place of this
 * machine.
 */
async function originUrl(folders: Pick<GitFolders, 'common'>, env: Host['env']): Promise<string | null> {
  const text = await readPlain(join(folders.common, 'config'), largestConfig)
  const settings = text === null ? null : await readGitSettings(text.toString(), env)
  if (settings === null || settings === 'ended') return null
  return publicUrl(settings.get('remote.origin.url')?.[0] ?? '')
}

export function publicUrl(written: string): string | null {
  if (written.length > 2048 || /[^\x21-\x7e]/.test(written)) return null
  // As ssh takes it: the user is the account there, and there is no place for a password.
  if (/^(?:[\w.-]+@)?[\w.-]+:(?!\/\/)(?!:)[\w./~+-]+$/.test(written) && !written.startsWith('-')) return written
  if (!/^(?:https?|ssh|git):\/\//.test(written) || !URL.canParse(written)) return null
  const url = new URL(written)
  url.password = ''
  if (url.protocol !== 'ssh:') url.username = ''
  return url.href
}
