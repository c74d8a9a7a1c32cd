// What sbx writes onto its objects, and how it knows them again. Labels are inherited by images, copied by commit, and
// can be planted: an object is ours only if its labels and its name vouch for each other. Anything else is not an error.

import type { SandboxLabels } from '../../model/desired.js'
import { fail } from '../../model/diagnostic.js'
import { canonicalJson } from '../../model/json.js'
import { containerName, labels, recordName, type Scope } from '../../model/names.js'
import type { ContainerRequest, Step } from '../../model/plan.js'
import type { ContainerSpec, RecordSpec } from '../../model/spec.js'
import { entrypointVersion } from './entrypoint.js'
import { isContainerSpec, isRecordSpec } from './spec-shape.js'

/** How labels and names are laid out. Goes up when an sbx before the change would misread what one after it wrote. */
export const layoutVersion = 3

/** The oldest that can read it, so that an older sbx reads on what has nothing in it that is new to it. */
function layoutOf(spec: ContainerSpec): number {
  const { workspace, own, networks, ssh, network, hide, sudo, isolation } = spec
  if (workspace.mode !== undefined || own !== undefined || networks !== undefined || ssh !== undefined) return 3
  return network === 'limited' || hide !== undefined || sudo !== undefined || isolation !== undefined ? 2 : 1
}

export type Labels = Readonly<Record<string, string>>

type Role =
  | 'agent'
  | 'record'
  | 'home'
  | 'login'
  | 'workspace'
  | 'own'
  | 'aside'
  | 'adoption'
  | 'network'
  | 'proxy'
  | 'snapshot'
  | 'look'

export function objectLabels(scope: Scope, role: Role, name: string, layout = 1): Labels {
  return {
    [labels.scope]: scope,
    [labels.role]: role,
    [labels.name]: name,
    [labels.version]: String(layout),
  }
}

export function sandboxLabels(sandbox: SandboxLabels): Labels {
  return {
    [labels.sandbox]: sandbox.id,
    [labels.displayName]: sandbox.displayName,
    [labels.workspace]: sandbox.workspace,
    [labels.inode]: sandbox.inode,
    [labels.agent]: sandbox.agent,
    ...(sandbox.profile === null ? {} : { [labels.profile]: sandbox.profile }),
  }
}

/** `settings` is what is the same for every sandbox, as text. */
export function containerLabels(scope: Scope, request: ContainerRequest, settings: string): Labels {
  return {
    ...objectLabels(scope, 'agent', request.name, layoutOf(request.spec)),
    ...sandboxLabels(request.sandbox),
    [labels.entrypoint]: entrypointVersion,
    [labels.recipe]: request.recipe,
    [labels.image]: request.image,
    ...(request.replaces === null ? {} : { [labels.replaces]: request.replaces }),
    [labels.settings]: settings,
    [labels.spec]: canonicalJson(request.spec),
  }
}

export function recordLabels(scope: Scope, name: string, sandbox: SandboxLabels, spec: RecordSpec): Labels {
  return { ...objectLabels(scope, 'record', name), ...sandboxLabels(sandbox), [labels.spec]: canonicalJson(spec) }
}

/** A login volume is shared by sandboxes and known by its name alone, so it says of none that it is theirs. */
export function volumeLabels(
  scope: Scope,
  { name, holds, sandbox, adopts }: Omit<Extract<Step, { do: 'create-volume' }>, 'do'>,
): Labels {
  return {
    ...objectLabels(scope, holds, name),
    ...(holds === 'login' ? {} : sandboxLabels(sandbox)),
    ...(adopts === undefined ? {} : { [labels.adopts]: adopts }),
  }
}

export function lookLabels(scope: Scope, name: string, sandboxId: string): Labels {
  return { ...objectLabels(scope, 'look', name), [labels.sandbox]: sandboxId }
}

export function networkLabels(scope: Scope, name: string): Labels {
  return objectLabels(scope, 'network', name)
}

/** Of the sandbox's own. */
export function limitedNetworkLabels(scope: Scope, name: string, sandbox: SandboxLabels): Labels {
  return { ...networkLabels(scope, name), ...sandboxLabels(sandbox) }
}

/** What is made from it inherits its labels, where it has none of its own. */
export function snapshotLabels(
  scope: Scope,
  name: string,
  of: { readonly sandboxId: string; readonly takenAt: string; readonly bytes: number; readonly list: string },
): Labels {
  return {
    ...objectLabels(scope, 'snapshot', name),
    [labels.sandbox]: of.sandboxId,
    [labels.carriedAt]: of.takenAt,
    [labels.carriedBytes]: String(of.bytes),
    [labels.keptList]: of.list,
  }
}

export type DecodedContainer = {
  readonly sandbox: SandboxLabels
  readonly spec: ContainerSpec
  readonly replaces: string | null
  readonly entrypoint: string
  readonly recipe: string
  readonly imageReference: string
  readonly carriedAt?: string
  readonly carriedBytes?: number
}

/** Null where the container is not one of ours. */
export function decodeContainer(scope: Scope, name: string, from: Labels): DecodedContainer | null {
  const sandbox = decodeSandbox(scope, 'agent', name, from)
  if (sandbox === null) return null
  const spec = specOf(from)
  const replaces = from[labels.replaces] ?? null
  if (spec === null || containerName(scope, sandbox.id, spec, replaces) !== name) return null
  return {
    sandbox,
    spec,
    replaces,
    entrypoint: from[labels.entrypoint] ?? '',
    recipe: from[labels.recipe] ?? '',
    imageReference: from[labels.image] ?? '',
    ...(spec.carried === undefined ? {} : snapshotFacts(from)),
  }
}

/** What a container was made of, by its label alone; null where that says nothing. */
export function specOf(from: Labels): ContainerSpec | null {
  const spec = parseLabel(from[labels.spec])
  return isContainerSpec(spec) ? spec : null
}

function snapshotFacts(from: Labels): Pick<DecodedContainer, 'carriedAt' | 'carriedBytes'> {
  const bytes = Number(from[labels.carriedBytes])
  return {
    carriedAt: from[labels.carriedAt] ?? '',
    ...(Number.isSafeInteger(bytes) && bytes >= 0 ? { carriedBytes: bytes } : {}),
  }
}

/** Null where the volume is not a record of ours. */
export function decodeRecord(
  scope: Scope,
  name: string,
  from: Labels,
): { readonly sandboxId: string; readonly spec: RecordSpec } | null {
  const sandbox = decodeSandbox(scope, 'record', name, from)
  if (sandbox === null) return null
  const spec = parseLabel(from[labels.spec])
  if (!isRecordSpec(spec) || recordName(scope, sandbox.id, spec) !== name) return null
  return { sandboxId: sandbox.id, spec }
}

export function isOurNetwork(scope: Scope, name: string, from: Labels): boolean {
  return isOurs(scope, 'network', name, from)
}

export function decodeSandbox(scope: Scope, role: Role, name: string, from: Labels): SandboxLabels | null {
  if (!isOurs(scope, role, name, from)) return null
  const id = from[labels.sandbox]
  const workspace = from[labels.workspace]
  const agent = from[labels.agent]
  if (id === undefined || workspace === undefined || agent === undefined) return null
  return {
    id,
    displayName: from[labels.displayName] ?? id,
    workspace,
    inode: from[labels.inode] ?? '',
    agent,
    profile: from[labels.profile] ?? null,
  }
}

/** Throws where the object is ours and laid out by a newer sbx: this one can only misread it. */
function isOurs(scope: Scope, role: Role, name: string, from: Labels): boolean {
  if (from[labels.scope] !== scope || from[labels.name] !== name) return false
  const version = Number(from[labels.version])
  if (!Number.isSafeInteger(version) || version < 1) return false
  if (version > layoutVersion) {
    fail('engine/newer-layout', 'A newer sbx made this object', {
      detail:
        `${name} has layout version ${version}, and this sbx knows versions up to ${layoutVersion}. ` +
        'Upgrade sbx, or remove the sandbox with the sbx that made it.',
    })
  }
  return from[labels.role] === role
}

export function parseLabel(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined // garbage is not ours
    throw error
  }
}
