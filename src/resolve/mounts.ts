// Bind mounts as the config names them, made into real paths.

import type { Config, Origins } from '../model/config.js'
import { DiagnosticError, type Diagnostic } from '../model/diagnostic.js'
import { pointer } from '../model/json.js'
import { agentHome } from '../model/names.js'
import type { Policy } from '../model/policy.js'
import type { MountSpec } from '../model/spec.js'
import type { Host } from './host.js'
import { diagnosticAt } from './origins.js'
import { isAtOrBeneath, isBeneath } from './paths.js'
import { mountRefusal, type Refused } from './protected-paths.js'
import { errorCode, realPathIfThere } from './read.js'
import { evaluate, parseReferences } from './variables.js'

export type Mounts = {
  readonly mounts: Readonly<Record<string, MountSpec>>
  readonly problems: readonly Diagnostic[]
}

/** @param workspace its real path, at which it is also mounted. */
export async function resolveMounts(
  config: Config,
  origins: Origins,
  workspace: string,
  host: Host,
  policy?: Policy,
): Promise<Mounts> {
  const mounts: Record<string, MountSpec> = {}
  const problems: Diagnostic[] = []
  for (const [target, { source: text, readonly }] of Object.entries(config.mounts ?? {})) {
    const path = pointer('mounts', target)
    const problem = (code: string, summary: string, detail: string): void => {
      problems.push(diagnosticAt(origins, path, { severity: 'error', code, summary, detail }))
    }
    const source = evaluate(parseReferences(text), host.env)
    if (source.kind === 'missing') {
      const detail = `The source of ${target} needs the host variable ${source.names.join(', ')}. Set it, or give a default.`
      problem('resolve/mount-variable', 'The source of a mount is not known', detail)
      continue
    }
    const refusedTarget = targetRefusal(target, workspace)
    if (refusedTarget !== null) problem(targetCode, targetSummary, refusedTarget)
    const realPath = pathOnHost(source.value)
    if (typeof realPath !== 'string') {
      // As it is written: the value of a host variable may be a secret, and a path that is not there tells it.
      const detail = `${text.replaceAll('$${', '${')}, the source of ${target}, ${realPath.why}. Make it first, or take the mount out.`
      problem('resolve/missing-source', 'The source of a mount is missing', detail)
      continue
    }
    const refused = mountRefusal({ source: realPath, readonly }, host, policy)
    if (refused !== null) {
      const detail = `${realPath}, the source of ${target}, ${refused.why}. ${wayOut(refused, host)}`
      problem('resolve/mount-refused', 'This source cannot be mounted', detail)
      continue
    }
    mounts[target] = { source: realPath, readonly }
  }
  const folders = new Map(config.workspace?.mode === 'clone' ? [] : [[workspace, workspace]])
  for (const [target, { source }] of Object.entries(mounts)) folders.set(target, source)
  for (const target of Object.keys(mounts)) {
    const place = placeOnHost(target, folders)
    if (place === null) continue
    // Whoever works there can have made it a link that leads in a circle.
    const found = pathOnHost(place)
    if (typeof found === 'string') continue
    const detail = `${place} ${found.why}, and the engine would make it in your folder, as root. Make it first.`
    const told = { severity: 'error', code: targetCode, summary: targetSummary, detail } as const
    problems.push(diagnosticAt(origins, pointer('mounts', target), told))
  }
  return { mounts, problems }
}

const targetCode = 'resolve/mount-target'
const targetSummary = 'Nothing can be mounted there'

/**
 * The host path that a target stands for when it lies in the workspace or in another mount; null when it does not.
 * `folders`: those on the host by where they are inside.
 */
function placeOnHost(target: string, folders: ReadonlyMap<string, string>): string | null {
  // Up from the target and not through all the mounts, of which a file can have thousands.
  for (let end = target.lastIndexOf('/'); end > 0; end = target.lastIndexOf('/', end - 1)) {
    const outside = folders.get(target.slice(0, end))
    if (outside !== undefined) return outside + target.slice(end)
  }
  return null
}

function pathOnHost(source: string): string | { readonly why: string } {
  if (!source.startsWith('/')) return { why: 'is no absolute path' }
  try {
    return realPathIfThere(source) ?? { why: 'is not there' }
  } catch (error) {
    const code = errorCode(error)
    if (code === undefined) throw error
    return { why: `cannot be reached (${code})` }
  }
}

function wayOut({ way }: Refused, { configFolder }: Host): string {
  if (way === 'engine') return 'For the engine itself write "socket: host".'
  const narrower = 'Mount a folder in it that holds only what is needed'
  return way === null ? `${narrower}.` : `${narrower}, or name it in your own ${configFolder}/policy.yaml.`
}

/** Places inside that the kernel, the image or sbx must keep. */
const keptTrees = ['/dev', '/proc', '/sys', '/run/sbx', '/var/lib/sbx']
const keptFolders = ['/', '/bin', '/etc', '/home', '/lib', '/lib64', '/run', '/sbin', '/tmp', '/usr', '/usr/bin']

/** As a sentence; null where something can be mounted there. */
export function targetRefusal(target: string, workspace: string): string | null {
  const tree = keptTrees.find((folder) => isAtOrBeneath(target, folder))
  if (tree !== undefined) return `${target} belongs to ${tree}, which a sandbox keeps for itself.`
  if (keptFolders.includes(target)) return `${target} is a folder that the image needs. Take one beneath it.`
  if (isAtOrBeneath(agentHome, target)) return `${target} would hide ${agentHome}, the home that is kept.`
  if (target === workspace) return `${target} is the workspace itself. Its mode is "workspace: { readonly }".`
  if (isBeneath(workspace, target)) return `${target} would hide the workspace ${workspace}.`
  return null
}

export function throwAll(problems: readonly Diagnostic[]): void {
  if (problems.length > 0) throw new DiagnosticError(problems)
}
