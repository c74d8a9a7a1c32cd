// Giving the home of one sandbox to another. Marks on the engine tell how far it is, so that whoever comes after a call
// that was killed knows what is half of a copy, and what is whole:
//
//   aside     what was in the home of the one that gets it is being copied to a volume beside it; nothing is changed yet
//   copying   that is whole, and the home is half of a copy of the other's; nobody is to use it
//   copied    it is whole, and the old sandbox may go
//
// A mark stays until the end of all, and the last one counts. Nothing of the old sandbox goes before the third.

import type { DesiredSandbox } from '../model/desired.js'
import { fail } from '../model/diagnostic.js'
import type { Leftovers } from '../model/leftovers.js'
import type { LiveSandbox } from '../model/live.js'
import { adoptionName, type AdoptionPhase, asideVolumeName, type Scope } from '../model/names.js'
import type { SandboxPlan, Step } from '../model/plan.js'
import { isRunning } from './in-use.js'
import { abandonedSteps, planRemoval, type Removed, removedIn } from './removal.js'
import { removalSteps, sandboxLabels } from './steps.js'

export type VolumeStep = Extract<Step, { do: 'create-volume' }>

export type Adoption = {
  /** Ends what runs in either, and clears what an earlier call has left unused. Takes nothing that anybody has. */
  readonly stop: SandboxPlan
  readonly marks: Readonly<Record<AdoptionPhase, VolumeStep>>
  /** For a copy of the home that is there; null where none is, or a whole copy of it is there. */
  readonly setAside: VolumeStep | null
  /** Where a copy of the home that was here is, once that is whole; null where there was none. */
  readonly aside: string | null
  /** Whether an earlier call has left half of a copy, marked as that. */
  readonly isHalf: boolean
  /** Ends with an empty home, its last step; null where the home has arrived already. */
  readonly make: (SandboxPlan & { readonly home: VolumeStep }) | null
  /** The old one's clone, and the volume that it goes to with the home; null where there is none, or nothing to be in one. */
  readonly clone: { readonly source: string; readonly target: VolumeStep } | null
  /** Removes the old one, with its home, and every mark. */
  readonly after: SandboxPlan
}

export function planAdoption(
  desired: DesiredSandbox,
  own: LiveSandbox,
  old: LiveSandbox,
  { leftovers, scope }: { readonly leftovers: Leftovers; readonly scope: Scope },
): Adoption {
  const phase = own.adoption?.phase ?? null
  const isCopied = phase === 'copied'
  const isHalf = phase === 'copying'
  const isSetAside = own.hasHome && !isHalf && !isCopied
  const asideName = asideVolumeName(scope, desired.id)
  const aside = isSetAside || (isHalf && own.adoption?.aside !== null) ? asideName : null
  const hasAside = aside !== null || (isCopied && own.adoption?.marks.aside !== undefined)
  const sandbox = sandboxLabels(desired)
  const markOf = (each: AdoptionPhase): VolumeStep => {
    const name = adoptionName(scope, desired.id, each)
    return { do: 'create-volume', name, holds: 'adoption', sandbox, adopts: old.id }
  }
  const marks = { aside: markOf('aside'), copying: markOf('copying'), copied: markOf('copied') }
  const removal = planRemoval(stopped(old), { volumes: true, leftovers })
  const ofAdoption: SandboxPlan = { ...removal, id: desired.id, name: desired.displayName, action: 'update', steps: [] }
  const clone = isCopied ? null : cloneOf(desired, own, old, leftovers, isHalf)
  const home: VolumeStep = { do: 'create-volume', name: desired.homeVolume, holds: 'home', sandbox }
  return {
    stop: {
      ...ofAdoption,
      steps: [
        ...abandonedSteps(leftovers),
        ...(phase === 'aside' ? removals([asideName, marks.aside.name]) : []),
        ...[...old.containers, ...(isCopied ? [] : own.containers)]
          .filter(isRunning)
          .map(({ id }): Step => ({ do: 'stop', target: { id } })),
      ],
    },
    marks,
    setAside: isSetAside ? { do: 'create-volume', name: asideName, holds: 'aside', sandbox } : null,
    aside,
    isHalf,
    make: isCopied
      ? null
      : {
          ...ofAdoption,
          steps: [
            // A volume that a container names cannot go; the next apply makes the container anew.
            ...stopped(own).containers.flatMap(removalSteps),
            ...(own.hasHome ? removals([desired.homeVolume]) : []),
            ...(clone !== null && hasVolume(own, clone.target.name) ? removals([clone.target.name]) : []),
            home,
          ],
          home,
        },
    clone,
    after: {
      ...removal,
      action: 'remove',
      reason: 'requested',
      steps: [
        ...removal.steps,
        ...(hasAside ? removals([asideName, marks.aside.name]) : []),
        ...removals([marks.copying.name, marks.copied.name]),
      ],
    },
  }
}

/** Throws where the one that gets it has a clone already: two cannot become one. Half of a copy is none. */
function cloneOf(
  desired: DesiredSandbox,
  own: LiveSandbox,
  old: LiveSandbox,
  { workspaces }: Leftovers,
  isHalf: boolean,
): Adoption['clone'] {
  const source = workspaces.find(({ sandboxId }) => sandboxId === old.id)?.name
  const name = desired.workspaceVolume
  if (source === undefined || name === undefined) return null
  if (hasVolume(own, name) && !isHalf) {
    fail('adopt/clone-there', 'The sandbox has a clone of its own', {
      detail:
        `Both ${old.id} and ${desired.id} have one, and they would not become one. Fetch what is in that of ${desired.id} ` +
        'and remove it. Nothing was done.',
      command: `sbx rm --volumes ${desired.id}`,
    })
  }
  return { source, target: { do: 'create-volume', name, holds: 'workspace', sandbox: sandboxLabels(desired) } }
}

function hasVolume({ volumes = [] }: LiveSandbox, name: string): boolean {
  return volumes.includes(name)
}

/** Names of the volumes that go, and ids of the containers: nothing else may hold the one when the other are gone. */
export function removedBy({ stop, make, after }: Pick<Adoption, 'stop' | 'make' | 'after'>): Removed {
  return removedIn([...stop.steps, ...(make?.steps ?? []), ...after.steps])
}

/** As it is once it was stopped. */
function stopped(live: LiveSandbox): LiveSandbox {
  return { ...live, containers: live.containers.map((container) => ({ ...container, state: 'exited' as const })) }
}

function removals(names: readonly string[]): Step[] {
  return names.map((name) => ({ do: 'remove-volume', name }))
}

/** Throws where an apply would have somebody work in half of a home. */
export function checkHome({ adoption }: Pick<LiveSandbox, 'adoption'>, name: string): void {
  if (adoption?.phase !== 'copying') return
  fail('adopt/half', 'A home is half of a copy', {
    detail:
      `The home of ${adoption.from} was on its way to ${name} when sbx was stopped, or is on its way right now. ` +
      `Nothing goes from ${adoption.from} before the copy is whole. Nothing was done. To finish it:`,
    command: `sbx adopt ${adoption.from}`,
  })
}
