// Limited networks and their proxies, as a fake engine has them: one address on each network is the proxy's, so that of
// several only one runs.

import { fail } from '../../src/model/diagnostic.js'
import type { StepResult } from '../../src/model/engine.js'
import type { ContainerState, LiveProxy } from '../../src/model/live.js'
import { canonicalJson } from '../../src/model/json.js'
import type { ProxyRequest, Step } from '../../src/model/plan.js'
import { decoded, idOf, type Encoded, type FakeWorld } from './fake-world.js'

export type FakeProxy = {
  readonly id: string
  readonly name: string
  /** What its labels say. */
  readonly request: Encoded<ProxyRequest>
  readonly createdAt: number
  readonly imageId: string
  state: ContainerState
  networkIds: readonly string[]
}

export type ProxyStep = Extract<
  Step,
  { do: 'create-proxy' | 'start-proxy' | 'stop-proxy' | 'remove-proxy' | 'verify-network' }
>

export function performOnProxy(world: FakeWorld, step: ProxyStep): StepResult {
  switch (step.do) {
    case 'create-proxy':
      return create(world, step.request)
    case 'start-proxy':
      return start(world, proxyOf(world, step.target))
    case 'stop-proxy': {
      const proxy = 'id' in step.target ? world.proxies.get(step.target.id) : undefined
      if (proxy === undefined || !isUp(proxy)) return { made: false }
      proxy.state = 'exited'
      return {}
    }
    case 'remove-proxy':
      return 'id' in step.target && world.proxies.delete(step.target.id) ? { made: true } : { made: false }
    case 'verify-network':
      return verify(world, step)
  }
}

/** Oldest first, with the sandbox that each is of. */
export function listedProxies(world: FakeWorld): readonly (LiveProxy & { readonly sandboxId: string })[] {
  return [...world.proxies.values()].map(({ id, name, request, createdAt, imageId, state, networkIds }) => {
    const { sandbox, spec, recipe, replaces } = decoded(request)
    const wanted = [world.openNetwork()?.id, world.limitedNetwork(sandbox.id)?.id]
    const isOnItsNetworks =
      networkIds.length === 2 && wanted.every((each) => each !== undefined && networkIds.includes(each))
    return { id, name, sandboxId: sandbox.id, state, createdAt, spec, recipe, imageId, replaces, isOnItsNetworks }
  })
}

export function isUp({ state }: { readonly state: ContainerState }): boolean {
  return state === 'running' || state === 'paused'
}

function create(world: FakeWorld, request: ProxyRequest): StepResult {
  if ([...world.containers.values()].some(({ name }) => name === request.name)) {
    fail('engine/name-taken', 'A container that is not ours has the name of one', { detail: request.name })
  }
  const namesake = [...world.proxies.values()].find(({ name }) => name === request.name)
  if (namesake !== undefined) return { containerId: namesake.id, made: false }
  const imageId = world.images.get(request.image)
  if (imageId === undefined) return fail('engine/no-image', 'An image cannot be had', { detail: request.image })
  const [open, limited] = [world.openNetwork(), world.limitedNetwork(request.sandbox.id)]
  if (open === undefined || limited === undefined) {
    return fail('engine/no-network', 'A network is missing', { detail: `${request.name} needs two.` })
  }
  const id = idOf(['proxy', String(world.nextNumber())])
  const networkIds = [open.id, limited.id]
  const createdAt = world.secondsNow()
  const proxy = { id, name: request.name, request: canonicalJson(request), createdAt, imageId, networkIds }
  world.proxies.set(id, { ...proxy, state: 'created' })
  return { containerId: id, made: true }
}

function start(world: FakeWorld, proxy: FakeProxy): StepResult {
  if (proxy.state === 'running') return { made: false }
  const { sandbox } = decoded(proxy.request)
  if (!proxy.networkIds.every((id) => world.networks.has(id))) {
    fail('engine/no-network', 'A network is missing', { detail: `${proxy.name} cannot start without it.` })
  }
  const other = [...world.proxies.values()].find(
    (each) => each !== proxy && isUp(each) && decoded(each.request).sandbox.id === sandbox.id,
  )
  if (other !== undefined) fail('engine/address-taken', 'An address on a network is in use', { detail: other.name })
  proxy.state = 'running'
  return { made: true }
}

/** Whether the agent is on its own network and no other, and the proxy that runs is on the same. */
function verify(world: FakeWorld, { target, sandboxId }: Extract<ProxyStep, { do: 'verify-network' }>): StepResult {
  const agent = 'id' in target ? world.containers.get(target.id) : undefined
  const network = world.limitedNetwork(sandboxId)
  const proxies = listedProxies(world).filter((each) => each.sandboxId === sandboxId)
  const proxy = proxies.findLast(({ state }) => state === 'running') ?? proxies.at(-1)
  if (agent?.state !== 'running' || network === undefined || proxy === undefined) {
    return fail('engine/gone', 'An object is not on the engine any more', { detail: sandboxId })
  }
  const isAlone = agent.networkIds.length === 1 && agent.networkIds[0] === network.id && proxy.isOnItsNetworks
  if (!isAlone || world.leaky.has(network.id)) {
    fail('engine/network-reachable', 'A limited network lets something through', { detail: agent.name })
  }
  if (proxy.state !== 'running') {
    fail('engine/proxy-silent', 'The proxy of the sandbox does not answer', { detail: proxy.name })
  }
  return {}
}

function proxyOf(world: FakeWorld, target: { readonly id: string } | { readonly made: string }): FakeProxy {
  const found = 'id' in target ? world.proxies.get(target.id) : undefined
  return found ?? fail('engine/no-container', 'A container is gone', { detail: JSON.stringify(target) })
}
