// A network of its own for each sandbox whose network is limited: nobody is on it but the agent and the proxy, the machine
// has no address on it, and nothing leads out of it.

import { setTimeout } from 'node:timers/promises'
import { fail } from '../../model/diagnostic.js'
import type { SandboxLabels } from '../../model/desired.js'
import { digest, labels, limitedNetworkName, type Scope } from '../../model/names.js'
import type { Client } from '../connection/client.js'
import { isEngineError, reasonOf, rethrow, statusOf } from '../connection/errors.js'
import { isOurNetwork, limitedNetworkLabels } from '../labels/labels.js'

export type LimitedNetwork = {
  /** Full engine id. */
  readonly id: string
  /** `10.213.7.0/28` */
  readonly subnet: string
  /** Nobody's, so that what is sent there gets nowhere. */
  readonly gateway: string
  /** The proxy's address, the same for each that follows. */
  readonly proxy: string
}

/** Of `GET /networks`, what is read here. */
export type FoundNetwork = {
  readonly Id: string
  readonly Name: string
  readonly Internal?: boolean
  readonly EnableIPv6?: boolean
  readonly Labels?: Readonly<Record<string, string>> | null
  readonly Options?: Readonly<Record<string, string>> | null
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string; readonly Gateway?: string }[] | null }
}

/** Without it the machine itself has an address on the network, and answers there. */
const noAddress = { 'com.docker.network.bridge.inhibit_ipv4': 'true' }

/** Subnets of 16 addresses in 10.213.0.0/16. */
const subnetCount = 4096
/** How many that are taken are passed over. */
const mostTries = 64
/** How long another call may take to make the network, in milliseconds. */
const patience = 10_000

/**
 * As the engine lists it, open or closed. Lowest id first: names are not unique on an engine before 25. Null where there is
 * none. One GET.
 */
export async function findLimitedNetwork(
  client: Client,
  scope: Scope,
  sandboxId: string,
): Promise<FoundNetwork | null> {
  const name = limitedNetworkName(scope, sandboxId)
  const filters = { name: [name] } // matches parts of names too
  const found = (await client.call('list the networks', client.docker.listNetworks({ filters }))) as FoundNetwork[]
  const [own] = found
    .filter((each) => each.Name === name && isOurNetwork(scope, name, each.Labels ?? {}))
    .filter((each) => each.Labels?.[labels.sandbox] === sandboxId)
    .sort((left, right) => (left.Id < right.Id ? -1 : 1))
  return own ?? null
}

/** Made where it is missing. Of several calls at once one makes it, and all get it. Throws `engine/no-isolated-network`. */
export async function ensureLimitedNetwork(
  client: Client,
  scope: Scope,
  sandbox: SandboxLabels,
): Promise<LimitedNetwork> {
  const name = limitedNetworkName(scope, sandbox.id)
  const deadline = Date.now() + patience
  let subnet = Number.parseInt(digest(name, 4), 16) % subnetCount
  for (let tries = 0; ;) {
    const existing = await findLimitedNetwork(client, scope, sandbox.id)
    if (existing !== null) return closed(existing)
    const isLast = tries >= mostTries || Date.now() > deadline
    const outcome = await createNetwork(client, { scope, name, sandbox, subnet: subnetAt(subnet) }, isLast)
    if (outcome === 'overlaps') {
      tries += 1
      subnet = (subnet + 1) % subnetCount
    }
    // Another is being made, which is listed once it is done.
    if (outcome === 'taken') await setTimeout(20)
  }
}

export function subnetAt(index: number): string {
  return `10.213.${String(index >> 4)}.${String((index & 15) * 16)}/28`
}

/** Addresses of the agent's side are given from the upper half, so that none of it gets the proxy's or the gateway's. */
export function addressesOf(subnet: string): { gateway: string; proxy: string; range: string } {
  const [network = ''] = subnet.split('/')
  const octets = network.split('.').map(Number)
  const at = (offset: number): string => [...octets.slice(0, 3), (octets[3] ?? 0) + offset].join('.')
  return { gateway: at(1), proxy: at(2), range: `${at(8)}/29` }
}

async function createNetwork(
  client: Client,
  made: {
    readonly scope: Scope
    readonly name: string
    readonly sandbox: SandboxLabels
    readonly subnet: string
  },
  isLast: boolean,
): Promise<'made' | 'overlaps' | 'taken'> {
  const { scope, name, sandbox, subnet } = made
  const { gateway, range } = addressesOf(subnet)
  const body = {
    Name: name,
    Driver: 'bridge',
    CheckDuplicate: true,
    Internal: true,
    EnableIPv6: false,
    Options: {
      ...noAddress,
      // Two bridges of one name every engine refuses; two networks of one name one before 25 takes.
      'com.docker.network.bridge.name': `sbx-${digest([name, client.endpoint.url], 8)}`,
    },
    // A gateway that is not said an engine takes from the range, where it would be given to a container.
    IPAM: { Driver: 'default', Config: [{ Subnet: subnet, IPRange: range, Gateway: gateway }] },
    Labels: limitedNetworkLabels(scope, name, sandbox),
  }
  try {
    const options = { _query: {}, _body: body } as unknown as Parameters<typeof client.docker.createNetwork>[0]
    await client.docker.createNetwork(options)
    return 'made'
  } catch (error) {
    const isTaken = statusOf(error) === 403 || statusOf(error) === 409
    if (!isTaken || isLast || !isEngineError(error)) {
      return rethrow(error, client.endpoint.url, `make the network ${name}`)
    }
    return /overlap/i.test(reasonOf(error)) ? 'overlaps' : 'taken'
  }
}

/** What it was asked to be, as far as the engine says; what is let through is tried out by `verifyNetwork`. */
function closed(network: FoundNetwork): LimitedNetwork {
  const problems = opennessOf(network)
  if (problems.length > 0) {
    fail('engine/no-isolated-network', 'A limited network is not closed', {
      detail:
        `${network.Name} ${problems.join(' and ')}, so that the agent could reach more than the file says. ` +
        'Remove that network, or use an engine that can make one that is closed.',
    })
  }
  return placesOn(network)
}

/** Of one that is closed. */
export function placesOn(network: FoundNetwork): LimitedNetwork {
  const subnet = subnetOf(network)
  const { gateway, proxy } = addressesOf(subnet)
  return { id: network.Id, subnet, gateway, proxy }
}

function subnetOf({ IPAM }: FoundNetwork): string {
  const [subnet = ''] = (IPAM?.Config ?? []).flatMap(({ Subnet = '' }) => (Subnet.includes(':') ? [] : [Subnet]))
  return subnet
}

/** Why a network is no limited one, each completing "the network ...". */
export function opennessOf(network: FoundNetwork): string[] {
  const { Internal, EnableIPv6, Options } = network
  const isIsolated = Object.entries(noAddress).every(([name, value]) => Options?.[name] === value)
  return [
    ...(Internal === true ? [] : ['leads out']),
    ...(isIsolated ? [] : ['has the machine on it']),
    ...(EnableIPv6 === true ? ['has IPv6'] : []),
    ...(subnetOf(network).endsWith('/28') ? [] : ['has another subnet']),
  ]
}
