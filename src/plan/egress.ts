// The way out of a limited network: which proxy stays, which one is made, and what is done about it. The proxy is replaced as
// a whole while the agent's container goes on, since its address stays what it was.

import type { DesiredSandbox } from '../model/desired.js'
import { pointer } from '../model/json.js'
import type { LiveProxy, LiveSandbox } from '../model/live.js'
import { digest, limitedNetworkName, proxyName } from '../model/names.js'
import type { Note } from '../model/note.js'
import type { ContainerTarget, FieldChange, Step } from '../model/plan.js'
import { isEqual, originOf } from './diff.js'
import { containerInUse, isRunning } from './in-use.js'
import type { PlanOptions } from './situation.js'

export type EgressPlan = {
  /** The one that stays, or null where it has to be made. */
  readonly keeps: LiveProxy | null
  /** Name of the sandbox's own network. */
  readonly network: string
  readonly make: readonly Step[]
  /** Where the agent does not run, or goes on running: one address has one of them at a time. */
  readonly changeOver: readonly Step[]
  readonly remove: readonly Step[]
}

type Wanted = NonNullable<DesiredSandbox['egress']>

/** Nothing where no network is limited and none was. */
export function planEgress(desired: DesiredSandbox, live: LiveSandbox, options: PlanOptions): EgressPlan {
  const proxies = live.proxies ?? []
  const { egress } = desired
  const network = limitedNetworkName(options.scope, desired.id)
  if (egress === undefined) {
    const wasLimited = proxies.length > 0 || live.containers.some(({ spec }) => spec.network === 'limited')
    return {
      ...{ keeps: null, network, make: [] },
      changeOver: proxies.filter(isRunning).map(stop),
      // While a proxy is there, the next plan knows that there is a network to remove.
      remove: wasLimited ? [{ do: 'remove-network', id: network }, ...proxies.map(removal)] : [],
    }
  }
  const keeps = fittingProxy(egress, proxies, options)
  const replaces = proxyInUse(proxies)?.id ?? null
  const name = proxyName(options.scope, desired.id, egress.spec, replaces)
  const inTheWay = keeps === null ? proxies.filter((proxy) => proxy.name === name) : []
  const others = proxies.filter((proxy) => proxy !== keeps && !inTheWay.includes(proxy))
  const target: ContainerTarget = keeps === null ? { made: name } : { id: keeps.id }
  return {
    ...{ keeps, network },
    make: keeps === null ? [...inTheWay.map(removal), creation(desired, egress, name, replaces, options)] : [],
    changeOver: [
      ...others.filter(isRunning).map(stop),
      ...(keeps?.state === 'running' ? [] : [{ do: 'start-proxy', target } as const]),
    ],
    remove: others.map(removal),
  }
}

/** Of the proxy, what differs from the file and from what was applied; the hosts by name. */
export function egressChanges(desired: DesiredSandbox, live: LiveSandbox, options: PlanOptions): FieldChange[] {
  const { egress } = desired
  if (egress === undefined) return []
  const current = containerInUse(live.containers)
  const proxy = proxyInUse(live.proxies ?? [])
  const isNew = current === null || current.spec.network !== 'limited'
  const hosts = isNew ? hostChanges(desired, {}) : proxy === null ? [] : hostChanges(desired, proxy.spec.allow)
  const isLess = !isNew && isRunning(current) && planEgress(desired, live, options).changeOver.length > 0
  if (hosts.length > 0 || !isLess) return hosts
  return [proxy !== null && isWhole(proxy) ? upgradeChange(egress, proxy, options) : driftChange(proxy)]
}

export function egressNotes({ egress }: DesiredSandbox, live: LiveSandbox, options: PlanOptions): Note[] {
  if (egress === undefined) return []
  const keeps = fittingProxy(egress, live.proxies ?? [], options)
  return keeps === null || keeps.recipe === recipeOf(egress, options) ? [] : [{ kind: 'newer-recipe', what: 'proxy' }]
}

/** Whether anything is done about a proxy from which on the agent reaches something else. */
export function opensEgress({ changeOver }: EgressPlan): boolean {
  return changeOver.some((step) => step.do === 'start-proxy')
}

/** Of those that let out what the file says: the one that runs, else the youngest. */
function fittingProxy(egress: Wanted, proxies: readonly LiveProxy[], options: PlanOptions): LiveProxy | null {
  const fitting = proxies.filter(
    (proxy) =>
      isEqual(proxy.spec, egress.spec) &&
      proxy.isOnItsNetworks &&
      ['created', 'running', 'exited'].includes(proxy.state) &&
      (!options.upgrade || proxy.recipe === recipeOf(egress, options)),
  )
  return proxyInUse(fitting)
}

function proxyInUse(proxies: readonly LiveProxy[]): LiveProxy | null {
  return proxies.findLast(({ state }) => state === 'running') ?? proxies.at(-1) ?? null
}

function isWhole(proxy: LiveProxy): boolean {
  return proxy.isOnItsNetworks && proxy.state === 'running'
}

/** Outside the spec, so that a newer sbx or template recreates nothing. */
function recipeOf({ image, agentHosts }: Wanted, { proxyConfig = '' }: PlanOptions): string {
  return digest([image.recipe, proxyConfig, [...agentHosts].sort()], 12)
}

function creation(
  desired: DesiredSandbox,
  egress: Wanted,
  name: string,
  replaces: string | null,
  options: PlanOptions,
): Step {
  const { id, displayName, workspace, inode, agent, profile } = desired
  const sandbox = { id, displayName, workspace, inode, agent, profile }
  const { spec, agentHosts, image } = egress
  const request = { name, sandbox, spec, agentHosts, image: image.reference, replaces }
  return { do: 'create-proxy', request: { ...request, recipe: recipeOf(egress, options) } }
}

function stop({ id }: LiveProxy): Step {
  return { do: 'stop-proxy', target: { id } }
}

function removal({ id }: LiveProxy): Step {
  return { do: 'remove-proxy', target: { id } }
}

function hostChanges({ egress, origins }: DesiredSandbox, before: Readonly<Record<string, true>>): FieldChange[] {
  const after = egress?.spec.allow ?? {}
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].sort().flatMap((host): FieldChange[] => {
    if (host in before === host in after) return []
    const source = originOf(origins, ['network', 'allow', host])
    const shared = { path: pointer('network', 'allow', host), effect: 'live', origin: 'config' } as const
    return host in after
      ? [{ ...shared, op: 'add', after: { value: 'allowed' }, ...(source === undefined ? {} : { source }) }]
      : [{ ...shared, op: 'remove', before: { value: 'allowed' } }]
  })
}

function driftChange(proxy: LiveProxy | null): FieldChange {
  const running = { value: 'running' } as const
  const shared = { path: pointer('network', 'proxy'), effect: 'live', origin: 'drift', after: running } as const
  if (proxy === null) return { ...shared, op: 'add', lastApplied: running }
  const before = proxy.isOnItsNetworks ? proxy.state : 'on other networks'
  return { ...shared, op: 'change', before: { value: before }, lastApplied: running }
}

function upgradeChange(egress: Wanted, proxy: LiveProxy, options: PlanOptions): FieldChange {
  const values = { before: { value: proxy.recipe }, after: { value: recipeOf(egress, options) } }
  return { path: pointer('network', 'proxy'), op: 'change', effect: 'live', origin: 'image', ...values }
}
