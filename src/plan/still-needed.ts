// What an engine still has of sandboxes once some steps are done, for whoever keeps something of them elsewhere.

import type { SandboxLabels } from '../model/desired.js'
import type { Leftovers } from '../model/leftovers.js'
import type { ListedContainer } from '../model/live.js'
import type { Step } from '../model/plan.js'
import { removedIn } from './removal.js'

export type EngineHas = {
  readonly containers: readonly Pick<ListedContainer, 'id' | 'sandbox'>[]
  readonly homes: readonly { readonly name: string; readonly sandbox: SandboxLabels }[]
  readonly leftovers: Leftovers
}

/** Whether anything is left of the sandbox, or of another in the same folder. */
export function stillNeeded(
  { containers, homes, leftovers }: EngineHas,
  steps: readonly Step[],
): (sandbox: Pick<SandboxLabels, 'id' | 'workspace'>) => boolean {
  const gone = removedIn(steps)
  const volumes = new Set(gone.volumes)
  const records = new Set(steps.flatMap((step) => (step.do === 'remove-record' ? [step.name] : [])))
  const left = [
    ...containers.filter(({ id }) => !gone.containers.includes(id)),
    ...homes.filter(({ name }) => !volumes.has(name)),
  ].map(({ sandbox }) => sandbox)
  const { workspaces, owns, adoptions } = leftovers
  const ids = new Set([
    ...left.map(({ id }) => id),
    ...leftovers.records.filter(({ name }) => !records.has(name)).map(({ sandboxId }) => sandboxId),
    ...[...leftovers.homes, ...workspaces, ...owns, ...adoptions]
      .filter(({ name }) => !volumes.has(name))
      .map(({ sandboxId }) => sandboxId),
  ])
  const folders = new Set(left.map(({ workspace }) => workspace))
  return ({ id, workspace }) => ids.has(id) || folders.has(workspace)
}
