// Which volumes are whose, by their labels and their names.

import type { SandboxLabels } from '../../model/desired.js'
import {
  adoptionName,
  adoptionPhases,
  type AdoptionPhase,
  asideVolumeName,
  homeVolumeName,
  isOwnVolumeName,
  labels,
  type Scope,
  workspaceVolumeName,
} from '../../model/names.js'
import { decodeSandbox, type Labels } from './labels.js'

/** Whose home the volume was made as; null where it is none. */
export function decodeHomeOwner(scope: Scope, name: string, from: Labels): SandboxLabels | null {
  return decodeSandbox(scope, 'home', name, from)
}

/** Id of the sandbox whose home the volume is, null where it is none. */
export function decodeHome(scope: Scope, name: string, from: Labels): string | null {
  const sandbox = decodeSandbox(scope, 'home', name, from)
  return sandbox !== null && homeVolumeName(scope, sandbox.id) === name ? sandbox.id : null
}

/** Whose clone, or folder of its own, a volume is; null where it is neither. */
export function decodeVolume(
  scope: Scope,
  name: string,
  from: Labels,
): { readonly sandboxId: string; readonly holds: 'workspace' | 'own' } | null {
  const clone = decodeSandbox(scope, 'workspace', name, from)
  if (clone !== null && workspaceVolumeName(scope, clone.id) === name) {
    return { sandboxId: clone.id, holds: 'workspace' }
  }
  const own = decodeSandbox(scope, 'own', name, from)
  if (own === null || !isOwnVolumeName(scope, own.id, name)) return null
  return { sandboxId: own.id, holds: 'own' }
}

/** Null where the volume is no mark of an adoption. */
export function decodeAdoption(
  scope: Scope,
  name: string,
  from: Labels,
): { readonly sandboxId: string; readonly from: string; readonly phase: AdoptionPhase } | null {
  const sandbox = decodeSandbox(scope, 'adoption', name, from)
  const phase = adoptionPhases.find((each) => sandbox !== null && adoptionName(scope, sandbox.id, each) === name)
  const adopted = from[labels.adopts]
  if (sandbox === null || phase === undefined || adopted === undefined) return null
  return { sandboxId: sandbox.id, from: adopted, phase }
}

/** Id of the sandbox whose home was set aside in the volume, null where none was. */
export function decodeAside(scope: Scope, name: string, from: Labels): string | null {
  const sandbox = decodeSandbox(scope, 'aside', name, from)
  return sandbox !== null && asideVolumeName(scope, sandbox.id) === name ? sandbox.id : null
}
