// Plans that end things: remove one sandbox, stop it, and clear what belongs to nobody.

import type { Leftovers } from '../model/leftovers.js'
import type { ListedContainer, LiveSandbox } from '../model/live.js'
import type { SandboxPlan, Step } from '../model/plan.js'
import { containerInUse, isRunning } from './in-use.js'
import { removalSteps } from './steps.js'

export type RemovalOptions = {
  /** Whether the home, a clone and own folders go too. The login is shared by all sandboxes of its agent and stays in any case. */
  readonly volumes: boolean
  readonly leftovers: Leftovers
}

export function planRemoval(live: LiveSandbox, { volumes, leftovers }: RemovalOptions): SandboxPlan {
  const own = ofSandbox(leftovers, live.id)
  const steps: Step[] = [
    ...live.containers.flatMap(removalSteps),
    ...proxyRemovals(leftovers, live.id),
    ...live.records.map((record): Step => ({ do: 'remove-record', name: record.name })),
    ...(volumes ? volumesOf(own) : []).map(({ name }): Step => ({ do: 'remove-volume', name })),
    ...own.snapshots.map(({ reference }): Step => ({ do: 'remove-image', reference })),
  ]
  const base = basePlan(live.id, live.containers)
  return steps.length === 0 ? base : { ...base, action: 'remove', reason: 'requested', steps }
}

/** Volumes go by name, containers by id. */
export type Removed = { readonly volumes: readonly string[]; readonly containers: readonly string[] }

/** What an engine is to let go, which it does not while anything else has it. */
export function removedIn(steps: readonly Step[]): Removed {
  return {
    volumes: steps.flatMap((step) => (step.do === 'remove-volume' ? [step.name] : [])),
    containers: steps.flatMap((step) =>
      step.do === 'remove-container' && 'id' in step.target ? [step.target.id] : [],
    ),
  }
}

export function planStop(live: LiveSandbox): SandboxPlan {
  const steps = [
    ...live.containers.filter(isRunning).map(({ id }): Step => ({ do: 'stop', target: { id } })),
    ...(live.proxies ?? []).filter(isRunning).map(({ id }): Step => ({ do: 'stop-proxy', target: { id } })),
  ]
  const base = basePlan(live.id, live.containers)
  return steps.length === 0 ? base : { ...base, action: 'update', reason: 'requested', steps }
}

export type PruneFacts = {
  readonly containers: readonly ListedContainer[]
  readonly leftovers: Leftovers
  /** Workspaces that are no longer there. */
  readonly missingWorkspaces: readonly string[]
  /** Ids of sandboxes that a call made for its own time and was killed over: their homes are nobody's. */
  readonly throwAways: ReadonlySet<string>
  /** Whether homes, clones and own folders of sandboxes that have no container left go too. */
  readonly volumes: boolean
}

/** One plan a sandbox that has something nobody needs, and one for the network that no sandbox is on. */
export function planPrune(facts: PruneFacts): readonly SandboxPlan[] {
  const { containers, leftovers, volumes } = facts
  const ids = [...containers.map(({ sandbox }) => sandbox.id), ...ownersOf(leftovers, volumes), ...facts.throwAways]
  const plans = [...new Set(ids)].sort().map((id) => prunePlan(id, facts))
  const remaining = containers.filter((container) => !isOrphan(container, facts))
  const isNetworkNeeded = remaining.some((container) => container.spec.network !== 'none')
  const isIdle = ({ inUse, sandboxId }: Leftovers['networks'][number]): boolean => !inUse && sandboxId === undefined
  const networks = isNetworkNeeded ? [] : leftovers.networks.filter(isIdle)
  return [
    ...plans.filter((plan) => plan.steps.length > 0),
    ...(leftovers.abandoned.length === 0
      ? []
      : [
          {
            ...basePlan('what sbx was killed over', []),
            ...({ action: 'remove', reason: 'requested' } as const),
            steps: abandonedSteps(leftovers),
          },
        ]),
    ...networks.map((network): SandboxPlan => ({
      ...basePlan(network.name, []),
      action: 'remove',
      reason: 'requested',
      steps: [{ do: 'remove-network', id: network.id }],
    })),
  ]
}

function prunePlan(id: string, facts: PruneFacts): SandboxPlan {
  const own = facts.containers.filter(({ sandbox }) => sandbox.id === id)
  const inUse = containerInUse(own)
  const stays = inUse !== null && !isOrphan(inUse, facts)
  const removed = stays ? own.filter((container) => container.id !== inUse.id) : own
  const left = ofSandbox(facts.leftovers, id)
  const { records, images, snapshots } = left
  const used = stays ? [inUse.spec.carried?.image, inUse.imageId] : []
  const idle = snapshots.filter(({ reference }) => !used.includes(reference))
  const steps: Step[] = [
    ...removed.flatMap(removalSteps),
    ...(stays && inUse.spec.network === 'limited' ? [] : proxyRemovals(facts.leftovers, id)),
    ...(stays ? recordsBeside(inUse, removed, records) : records).map(({ name }): Step => ({
      do: 'remove-record',
      name,
    })),
    ...(stays || !(facts.volumes || facts.throwAways.has(id)) ? [] : volumesOf(left)).map(({ name }): Step => ({
      do: 'remove-volume',
      name,
    })),
    ...(stays ? [] : images.map(({ reference }): Step => ({ do: 'remove-image', reference }))),
    ...idle.map(({ reference }): Step => ({ do: 'remove-image', reference })),
  ]
  const action = stays ? 'update' : 'remove'
  const reason = stays ? 'interrupted_apply' : inUse === null ? 'requested' : 'missing'
  return { ...basePlan(id, own), action, reason, steps }
}

/**
 * Records of the apply whose container goes: one is written before its container is made. Where that is to be a limited
 * network's, a record may tell that nobody has tried it, and what is left is for the next apply.
 */
function recordsBeside(
  inUse: ListedContainer,
  removed: readonly ListedContainer[],
  records: Leftovers['records'],
): Leftovers['records'] {
  if (removed.length === 0 || inUse.spec.network === 'limited') return []
  const made = ({ createdAt }: Leftovers['records'][number]): number => Math.floor(Date.parse(createdAt) / 1000) || 0
  const byAge = [...records].sort((left, right) => made(left) - made(right))
  const own = byAge.findLast((record) => made(record) <= inUse.createdAt) ?? byAge[0]
  return records.filter((record) => record !== own)
}

/** A sandbox's proxies, and then the network that nobody else is on. */
function proxyRemovals({ proxies, networks }: Leftovers, id: string): Step[] {
  return [
    ...proxies
      .filter(({ sandboxId }) => sandboxId === id)
      .map((proxy): Step => ({ do: 'remove-proxy', target: { id: proxy.id } })),
    ...networks
      .filter(({ sandboxId }) => sandboxId === id)
      .map((network): Step => ({ do: 'remove-network', id: network.id })),
  ]
}

/** Containers that hold volumes, and what they are made of. */
export function abandonedSteps({ abandoned }: Pick<Leftovers, 'abandoned'>): readonly Step[] {
  return abandoned.flatMap((each): readonly Step[] =>
    each.kind === 'container'
      ? removalSteps({ id: each.id, state: each.isAlive === true ? 'running' : 'created' })
      : [{ do: 'remove-image', reference: each.reference }],
  )
}

function isOrphan({ sandbox }: ListedContainer, { missingWorkspaces, throwAways }: PruneFacts): boolean {
  return missingWorkspaces.includes(sandbox.workspace) || throwAways.has(sandbox.id)
}

function ownersOf(leftovers: Leftovers, volumes: boolean): string[] {
  const { records, images, snapshots, networks, proxies } = leftovers
  const owned = [...records, ...(volumes ? volumesOf(leftovers) : []), ...images, ...snapshots, ...proxies]
  return [...owned, ...networks].flatMap(({ sandboxId }) => sandboxId ?? [])
}

/** What holds work of a sandbox, in the order in which it goes. */
function volumesOf({
  homes,
  workspaces,
  owns,
  adoptions,
}: Pick<Leftovers, 'homes' | 'workspaces' | 'owns' | 'adoptions'>): Leftovers['homes'] {
  return [...homes, ...workspaces, ...owns, ...adoptions]
}

function ofSandbox(
  { records, homes, workspaces, owns, adoptions, images, snapshots }: Leftovers,
  id: string,
): Omit<Leftovers, 'networks' | 'abandoned' | 'proxies'> {
  const isOwn = ({ sandboxId }: { readonly sandboxId: string }): boolean => sandboxId === id
  return {
    ...{ records: records.filter(isOwn), homes: homes.filter(isOwn), images: images.filter(isOwn) },
    ...{ workspaces: workspaces.filter(isOwn), owns: owns.filter(isOwn) },
    ...{ adoptions: adoptions.filter(isOwn), snapshots: snapshots.filter(isOwn) },
  }
}

function basePlan(id: string, containers: LiveSandbox['containers'] | readonly ListedContainer[]): SandboxPlan {
  const current = containerInUse<ListedContainer>(containers)
  return {
    id,
    name: current?.sandbox.displayName ?? id,
    action: 'reuse',
    reason: 'unchanged',
    changes: [],
    unchanged: 0,
    notes: [],
    grants: [],
    current:
      current === null
        ? null
        : {
            containerId: current.id,
            name: current.name,
            state: current.state,
            startedAt: null,
            imageId: current.imageId,
            ...(current.spec.network === 'limited' ? { isLimited: true } : {}),
          },
    steps: [],
  }
}
