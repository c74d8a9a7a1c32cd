// The steps of a plan, in the one order there is: images, volumes, network, record, the new container beside the old,
// the change-over, the way out of the one that stays, and last what nobody needs any more. A crash between any two leaves
// a state that plans to the same end.

import type { DesiredSandbox, SandboxLabels } from '../model/desired.js'
import type { LiveContainer, LiveSandbox } from '../model/live.js'
import type { Scope } from '../model/names.js'
import type { ContainerTarget, FieldChange, SeedStep, Step } from '../model/plan.js'
import type { ImageSource } from '../model/template.js'
import type { Files } from './carried.js'
import { isSeeded } from './clone.js'
import { opensEgress, type EgressPlan } from './egress.js'
import type { HomeSteps } from './homes.js'
import { isRunning } from './in-use.js'
import { isUnverified, snapshotMarker, unverifiedMarker } from './markers.js'
import { putBackSteps } from './put-back.js'
import { tailSteps, type NamedRecord, type Tail } from './tail-steps.js'
import { volumeSteps } from './volumes.js'

/** What there shall be in the end, and whether that is there already. */
export type Outcome = {
  readonly scope: Scope
  readonly desired: DesiredSandbox
  readonly live: LiveSandbox
  /** As it is written before the container starts. */
  readonly record: NamedRecord
  /** The container that stays, or the one to make. */
  readonly container:
    /** `ignored` is what another hand changed and may. */
    | { readonly keep: LiveContainer; readonly restart: boolean; readonly ignored: readonly FieldChange[] }
    | { readonly make: string; readonly replaces: string | null }
  /** Null where they do not. */
  readonly files: Files | null
  readonly egress: EgressPlan
  /** Null where there is nothing to do about the home. */
  readonly home: HomeSteps | null
  readonly tail: Tail
}

export function stepsTo(outcome: Outcome): Step[] {
  const { live, container, files, home, egress, tail } = outcome
  const others = live.containers.filter((other) => !('keep' in container && other.id === container.keep.id))
  const inTheWay = 'make' in container ? others.filter((other) => other.name === container.make) : []
  const replaced = others.filter((other) => !inTheWay.includes(other))
  const writing = recordSteps(outcome)
  const images = snapshotRemovals(outcome, others)
  const isRestart = 'keep' in container && container.restart
  const refreshing = refreshSteps(outcome)
  // An empty volume in the place of a clone that is gone: no record is to say of it alone that it was filled.
  const isFirst = tail.seed !== null && live.records.some(({ spec }) => spec.clone !== undefined)
  // A record says which folder the container was started on, and whose files are in the home: written when that is true.
  const isWrittenLater = !isFirst && (isRestart || refreshing.length > 0)
  const verifying = verifySteps(outcome)
  const marked = { ...outcome, sandbox: sandboxLabels(outcome.desired) }
  const markers = [
    ...(images[0] === undefined ? [] : snapshotMarker(marked, images[0].reference)),
    ...(verifying.length === 0 ? [] : unverifiedMarker(marked, isWrittenLater)),
  ]
  const stopping = replaced.filter(isRunning).map((other): Step => ({ do: 'stop', target: { id: other.id } }))
  const isContested = isStarted(container) || replaced.length > 0 || egress.changeOver.length > 0
  // Beside what it replaces, unless it is made of that.
  const making = 'make' in container ? creationSteps(outcome, container.make, container.replaces) : []
  return [
    ...(isFirst ? writing : []),
    ...supplySteps(outcome),
    ...(home === null ? [] : [home.compare]),
    ...markers,
    ...(isFirst || isWrittenLater ? [] : writing),
    ...inTheWay.flatMap(removalSteps),
    ...egress.make,
    ...(files?.as === 'snapshot'
      ? [...stopping, ...snapshotSteps(outcome, files), ...making]
      : [...making, ...stopping]),
    ...(files === null || files.as === 'snapshot' ? [] : [copyStep(files.from, files.as, targetOf(container))]),
    ...('make' in container
      ? [...refreshing, ...startSteps(targetOf(container))]
      : keepSteps(outcome, container, refreshing)),
    // The engine shows a container some time after it has dated it: a rival may have been out of sight before the start. The
    // way out is for the one that stays, and nothing is removed for another.
    ...(isContested ? [settleStep(outcome)] : []),
    ...egress.changeOver,
    ...verifying,
    ...(isWrittenLater ? writing : []),
    ...(tail.seed === null ? [] : [seedOf(outcome, tail.seed.step)]),
    ...replaced.map((other): Step => ({ do: 'remove-container', target: { id: other.id } })),
    ...egress.remove,
    ...images,
    ...tailSteps(outcome, sandboxLabels(outcome.desired), markers),
  ]
}

/**
 * Whenever something of it has just begun to run, or had in an apply that was killed before this: what a limited network
 * lets through is found out from outside.
 */
function verifySteps({ desired, live, container, egress }: Outcome): Step[] {
  if (desired.egress === undefined) return []
  if (!isStarted(container) && !opensEgress(egress) && !isUnverified(live)) return []
  return [{ do: 'verify-network', target: targetOf(container), sandboxId: desired.id }]
}

function seedOf({ desired, live }: Outcome, step: SeedStep): SeedStep {
  return isSeeded(desired, live) ? { ...step, isThere: true } : step
}

function targetOf(container: Outcome['container']): ContainerTarget {
  return 'make' in container ? { made: container.make } : { id: container.keep.id }
}

/** While nothing runs in it. */
function refreshSteps({ container, home }: Outcome): Step[] {
  return home?.refresh === undefined ? [] : [{ ...home.refresh, target: targetOf(container) }]
}

function snapshotSteps({ desired, container }: Outcome, { from }: Files): Step[] {
  const { carried } = desired.containerSpec
  // A replacement that is there was made of it already.
  if (carried === undefined || 'keep' in container) return []
  return [{ do: 'snapshot-container', target: { id: from }, image: carried.image, sandboxId: desired.id }]
}

function copyStep(id: string, what: Exclude<Files['as'], 'snapshot'>, target: ContainerTarget): Step {
  return { do: 'copy-files', from: { id }, target, ...what }
}

/** Of snapshots that nobody needs once the others are gone. */
function snapshotRemovals(
  { desired, live, container }: Outcome,
  removed: readonly LiveContainer[],
): Extract<Step, { do: 'remove-image' }>[] {
  const { carried } = 'keep' in container ? container.keep.spec : desired.containerSpec
  const stoodOn = 'keep' in container ? container.keep.imageId : desired.image.reference
  const images = [...removed.flatMap(({ spec }) => spec.carried?.image ?? []), ...(live.snapshots ?? [])]
  return [...new Set(images)]
    .filter((image) => image !== carried?.image && image !== stoodOn)
    .map((reference) => ({ do: 'remove-image', reference }))
}

export function removalSteps(container: { readonly id: string; readonly state: LiveContainer['state'] }): Step[] {
  const target = { id: container.id }
  const isStopped = !['running', 'paused', 'restarting'].includes(container.state)
  return [...(isStopped ? [] : [{ do: 'stop', target } as const]), { do: 'remove-container', target }]
}

export function sandboxLabels(desired: SandboxLabels): SandboxLabels {
  const { id, displayName, workspace, inode, agent, profile } = desired
  return { id, displayName, workspace, inode, agent, profile }
}

/** Images, volumes and the network: there before anything that needs them, shared or kept, never taken back. */
function supplySteps({ desired, live, container, egress }: Outcome): Step[] {
  const sandbox = sandboxLabels(desired)
  const isMade = 'make' in container
  const isProxyMade = egress.make.length > 0
  const isOpen = isProxyMade || (isMade && desired.containerSpec.network === 'open')
  const isLimited = desired.egress !== undefined && (isProxyMade || isMade)
  return [
    ...(isMade ? imageSteps(desired.image, live) : []),
    ...(isProxyMade && desired.egress !== undefined ? imageSteps(desired.egress.image, live) : []),
    ...(live.hasHome ? [] : [{ do: 'create-volume', name: desired.homeVolume, holds: 'home', sandbox } as const]),
    ...volumeSteps(desired, live, sandbox),
    ...(isMade && desired.loginVolume !== null
      ? [{ do: 'create-volume', name: desired.loginVolume, holds: 'login', sandbox } as const]
      : []),
    ...(isOpen ? [{ do: 'create-network', access: 'open' } as const] : []),
    ...(isLimited ? [{ do: 'create-network', access: 'limited', name: egress.network, sandbox } as const] : []),
  ]
}

/** The images that a new container needs, the last one first: to be asked about when the engine is observed. */
export function imageReferences({ image, egress }: Pick<DesiredSandbox, 'image' | 'egress'>): string[] {
  const images = egress === undefined ? [image] : [image, egress.image]
  const references = images.flatMap(({ reference, steps }) => [
    reference,
    ...steps.map((step) => (step.do === 'pull-image' ? step.reference : step.tag)).toReversed(),
  ])
  return [...new Set(references)]
}

/** What the engine has needs no step, unless a registry was asked and has another: a plan tells what is known. */
function imageSteps(image: ImageSource, live: LiveSandbox): Step[] {
  const isThere = (reference: string): boolean =>
    (live.images[reference] ?? null) !== null && live.newer?.[reference] === undefined
  if (isThere(image.reference)) return []
  return image.steps.filter((step) => !isThere(step.do === 'pull-image' ? step.reference : step.tag))
}

function recordSteps({ desired, live, record }: Outcome): Step[] {
  if (live.records.some((other) => other.name === record.name)) return []
  return [{ do: 'create-record', name: record.name, sandbox: sandboxLabels(desired), spec: record.spec }]
}

function creationSteps(outcome: Outcome, name: string, replaces: string | null): Step[] {
  const { desired } = outcome
  const request = {
    name,
    sandbox: sandboxLabels(desired),
    spec: desired.containerSpec,
    resources: desired.recordSpec.resources,
    image: desired.image.reference,
    recipe: desired.image.recipe,
    replaces,
  }
  return [{ do: 'create-container', request }, settleStep(outcome)]
}

function settleStep({ desired, live, container }: Outcome): Step {
  const expected = Object.fromEntries(live.containers.map(({ id, startedAt }) => [id, startedAt]))
  return { do: 'settle', sandboxId: desired.id, target: targetOf(container), expected }
}

function isStarted(container: Outcome['container']): boolean {
  return 'make' in container || container.restart || !isRunning(container.keep)
}

function startSteps(target: ContainerTarget): Step[] {
  return [
    { do: 'start', target },
    { do: 'await-ready', target },
  ]
}

function keepSteps(
  { desired }: Outcome,
  { keep, ignored, restart }: Extract<Outcome['container'], { keep: LiveContainer }>,
  refreshing: readonly Step[],
): Step[] {
  const target = { id: keep.id }
  const putBack = putBackSteps(
    desired,
    keep,
    ignored.map(({ path }) => path),
  )
  if (!isRunning(keep)) return [...putBack, ...refreshing, ...startSteps(target)]
  if (restart) return [...putBack, { do: 'stop', target }, ...refreshing, ...startSteps(target)]
  return [
    ...(keep.state === 'paused' ? [{ do: 'unpause', target } as const] : []),
    ...putBack,
    ...(keep.readiness === 'starting' ? [{ do: 'await-ready', target } as const] : []),
  ]
}
