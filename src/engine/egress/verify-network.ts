// Whether a limited network is one: by what the engine says of it, and by trying, from where the agent is, what must not
// answer. The agent itself is not asked, since it could say anything.

import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Container, ContainerInfo, ContainerInspectInfo } from 'dockerode'
import { fail } from '../../model/diagnostic.js'
import type { StepResult } from '../../model/engine.js'
import { labels, limitedNetworkName, namePrefix, openNetworkName, type Scope } from '../../model/names.js'
import { mayHaveOwnKernel } from '../../model/runtime.js'
import { isLook } from '../container/abandoned.js'
import type { Client } from '../connection/client.js'
import { holderOf } from '../container/holder.js'
import { inspectOrNull } from '../connection/inspect.js'
import { unlessAborted } from '../connection/interruptible.js'
import { decodeContainer, type Labels, specOf } from '../labels/labels.js'
import {
  findLimitedNetwork,
  type FoundNetwork,
  type LimitedNetwork,
  opennessOf,
  placesOn,
} from '../network/limited-network.js'
import { listRawContainers } from '../observe/observe.js'
import { proxiesAmong } from '../network/proxies.js'
import { lastWords } from '../container/ready.js'
import { removedAfter } from '../container/short-lived.js'
import probe from './probe-network.sh'

const doing = 'see what the sandbox reaches'
/** A stop takes ten seconds at most. */
const patienceInMilliseconds = 15_000

/** Throws `engine/network-reachable`, naming what answered, `engine/proxy-silent`, and `engine/interrupted` when aborted. */
export async function verifyNetwork(
  client: Client,
  scope: Scope,
  step: { readonly sandboxId: string },
  containerId: string,
  signal?: AbortSignal,
): Promise<StepResult> {
  const { sandboxId } = step
  const { agent, listed } = await unlessAborted(signal, lookAlone(client, scope, sandboxId, containerId, signal))
  const own = await findLimitedNetwork(client, scope, sandboxId)
  const proxies = proxiesAmong(scope, listed).filter((each) => each.sandboxId === sandboxId)
  const proxy = proxies.findLast(({ state }) => state === 'running') ?? proxies.at(-1)
  if (own === null || agent?.State.Running !== true || proxy === undefined) {
    return fail('engine/gone', 'An object is not on the engine any more', {
      detail: `While trying to ${doing}. Something else removed or stopped it; plan again.`,
    })
  }
  const found = (await client.call(doing, client.docker.getNetwork(own.Id).inspect())) as InspectedNetwork
  const problems = opennessOf(found)
  if (problems.length > 0) reachable(problems.map((problem) => `its network ${problem}`))
  const network = placesOn(found)
  const said = [
    ...settingsOf(agent, network, limitedNetworkName(scope, sandboxId)),
    ...(await strangersOn(client, scope, found, [containerId, proxy.id])),
  ]
  if (said.length > 0) reachable(said)
  if (proxy.state !== 'running') return proxySilent(client, proxy.id, `It does not run, but is ${proxy.state}.`)
  const raw = listed.find(({ Id }) => Id === proxy.id)
  const openId = raw?.NetworkSettings?.Networks?.[openNetworkName(scope)]?.NetworkID ?? openNetworkName(scope)
  const open = (await client.call(doing, client.docker.getNetwork(openId).inspect())) as FoundNetwork
  const spec = specOf(agent.Config.Labels)
  const isApart = spec !== null && mayHaveOwnKernel(spec, agent.HostConfig.Runtime)
  const lines = await runProbe(client, scope, {
    image: proxy.imageId,
    // What another runtime has of a network is not in the kernel's, where a container beside it would look.
    place: isApart
      ? { NetworkMode: network.id, Dns: [network.proxy], DnsOptions: agent.HostConfig.DnsOptions ?? [] }
      : { NetworkMode: `container:${containerId}` },
    argv: [network.proxy, ...mustBeSilent(network, open).flat()],
    signal,
  })
  const status = proxyStatus(lines)
  if (status === null) return {}
  return proxySilent(client, proxy.id, `From the network of the sandbox it said ${status}.`)
}

type InspectedNetwork = FoundNetwork & { readonly Containers?: Readonly<Record<string, { readonly Name?: string }>> }

async function proxySilent(client: Client, id: string, why: string): Promise<never> {
  return fail('engine/proxy-silent', 'The proxy of the sandbox does not answer', {
    detail: `${why} Its last words:\n${await lastWords(client, id)}`,
  })
}

/**
 * As it is without other containers of the sandbox: one that another apply at once has started too late goes in a moment.
 * One that does not is found on the network.
 */
async function lookAlone(
  client: Client,
  scope: Scope,
  sandboxId: string,
  containerId: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly agent: ContainerInspectInfo | null; readonly listed: readonly ContainerInfo[] }> {
  const deadline = Date.now() + patienceInMilliseconds
  for (;;) {
    const [agent, listed] = await Promise.all([inspectOrNull(client, containerId), listRawContainers(client, scope)])
    const isMet = listed.some(
      ({ Id, State, Names: [name = ''], Labels }) =>
        Id !== containerId &&
        State === 'running' &&
        decodeContainer(scope, name.slice(1), Labels)?.sandbox.id === sandboxId,
    )
    if (agent?.State.Running !== true || !isMet || Date.now() > deadline || signal?.aborted === true)
      return { agent, listed }
    await delay(100)
  }
}

/** The machine on this network and on the open one, a cloud's metadata, and the internet by its best known address. */
function mustBeSilent(network: LimitedNetwork, open: FoundNetwork): readonly (readonly [string, string])[] {
  const gateways = (open.IPAM?.Config ?? []).flatMap(({ Gateway }) =>
    Gateway?.includes('.') === true ? [Gateway] : [],
  )
  return [
    ...[network.gateway, ...gateways].flatMap((address) => [[address, '22'] as const, [address, '80'] as const]),
    ['169.254.169.254', '80'],
    ['1.1.1.1', '443'],
  ]
}

function settingsOf(
  { HostConfig, NetworkSettings }: ContainerInspectInfo,
  network: LimitedNetwork,
  name: string,
): string[] {
  const others = Object.keys(NetworkSettings.Networks).filter((each) => each !== name)
  const dns = (HostConfig.Dns ?? []) as readonly string[]
  return [
    ...others.map((each) => `it is on the network ${each} as well`),
    ...(dns.length === 1 && dns[0] === network.proxy ? [] : ['names are asked of another server than it may ask']),
  ]
}

/** Where a verification is on the network itself, another of the same sandbox may be, and is no stranger. */
async function strangersOn(
  client: Client,
  scope: Scope,
  { Containers = {} }: InspectedNetwork,
  known: readonly string[],
): Promise<string[]> {
  const others = Object.entries(Containers).filter(([id]) => !known.includes(id))
  const isStranger = await Promise.all(others.map(async ([id]) => !(await isProbe(client, scope, id))))
  return others
    .filter((_, at) => isStranger[at])
    .map(([id, { Name = id }]) => `the container ${Name} is on its network`)
}

/** Or was one: it goes as soon as it has ended. */
async function isProbe(client: Client, scope: Scope, id: string): Promise<boolean> {
  const found = await inspectOrNull(client, id)
  if (found === null) return true
  const from: Labels = found.Config.Labels
  return isLook(scope, found.Name.slice(1)) && from[labels.scope] === scope && from[labels.holder] !== undefined
}

/** What the proxy said in place of what it should; null where all is as it should be. Throws for whatever else answered. */
function proxyStatus(lines: readonly string[]): string | null {
  const answers = lines.flatMap((line) => /^answers (.*)$/.exec(line)?.[1] ?? [])
  const status = lines.flatMap((line) => /^proxy (.*)$/.exec(line)?.[1] ?? [])[0] ?? 'silent'
  if (answers.length > 0) reachable(answers.map(answerText))
  if (status === '403' && lines.at(-1) === 'end') return null
  if (/^2/.test(status)) reachable(['the proxy lets a host through that the file does not name'])
  return status === 'silent' ? 'nothing' : status
}

function answerText(answer: string): string {
  if (answer === 'name') return 'names are looked up past the proxy'
  if (answer === 'ipv6') return 'it has IPv6'
  const [address = '', port = ''] = answer.split(' ')
  return `${address} answers at port ${port}`
}

function reachable(what: readonly string[]): never {
  fail('engine/network-reachable', 'A limited network lets something through', {
    detail: `The sandbox is to reach its proxy and nothing else, but ${what.join(', and ')}.`,
  })
}

type Probe = {
  readonly image: string
  readonly place: object
  readonly argv: readonly string[]
  readonly signal: AbortSignal | undefined
}

/** What it prints, by lines. Nothing of it stays; what a call that was killed leaves is known by its holder. */
async function runProbe(
  client: Client,
  scope: Scope,
  { image, place, argv, signal }: Probe,
): Promise<readonly string[]> {
  const name = `${namePrefix(scope)}look-${randomBytes(4).toString('hex')}`
  const body = {
    Image: image,
    User: '13:13',
    Entrypoint: ['/bin/bash', '-c', probe, 'sbx'],
    Cmd: argv,
    Tty: true, // one stream without frames
    Labels: { [labels.scope]: scope, [labels.holder]: await holderOf(client.machine) },
    HostConfig: {
      ...place,
      Init: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      PidsLimit: 64,
      LogConfig: { Type: 'json-file', Config: {} },
    },
  }
  const options = { _query: { name }, _body: body } as object
  // By the name that is only its own, since it may have been made by a call whose answer got lost.
  return removedAfter(client, name, async () => {
    const container = await client.call(doing, client.docker.createContainer(options))
    return unlessAborted(signal, printedBy(client, container))
  })
}

async function printedBy(client: Client, container: Container): Promise<readonly string[]> {
  await client.call(doing, container.start())
  await client.call(doing, container.wait())
  const text = await client.call(doing, container.logs({ stdout: true, stderr: true, follow: false }))
  return String(text)
    .split(/\r?\n/)
    .filter((line) => line !== '')
}
