// Whether a limited network is one: by what the engine says of it, and by trying, from where the agent is, what must not
// answer. The agent itself is not asked, since it could say anything.

import { randomBytes } from 'node:crypto'
import type { ContainerInspectInfo } from 'dockerode'
import { fail } from '../model/diagnostic.js'
import type { StepResult } from '../model/engine.js'
import { labels, limitedNetworkName, namePrefix, openNetworkName, type Scope } from '../model/names.js'
import type { Client } from './client.js'
import { inspectOrNull } from './containers.js'
import { statusOf } from './errors.js'
import { holderOf } from './holder.js'
import { decodeContainer } from './labels.js'
import { findLimitedNetwork, type FoundNetwork, type LimitedNetwork, opennessOf } from './limited-network.js'
import { listRawContainers } from './observe.js'
import { proxiesAmong } from './proxies.js'
import { lastWords } from './ready.js'
import probe from './probe-network.sh'

const doing = 'see what the sandbox reaches'

/** Throws `engine/network-reachable`, naming what answered, and `engine/proxy-silent`. */
export async function verifyNetwork(
  client: Client,
  scope: Scope,
  step: { readonly sandboxId: string },
  containerId: string,
): Promise<StepResult> {
  const { sandboxId } = step
  const [network, agent, listed] = await Promise.all([
    findLimitedNetwork(client, scope, sandboxId),
    inspectOrNull(client, containerId),
    listRawContainers(client, scope),
  ])
  const proxy = proxiesAmong(scope, listed).findLast((each) => each.sandboxId === sandboxId && each.state === 'running')
  if (network === null || agent === null || proxy === undefined) {
    return fail('engine/gone', 'An object is not on the engine any more', {
      detail: `While trying to ${doing}. Something else removed it; plan again.`,
    })
  }
  const found = await client.call(doing, client.docker.getNetwork(network.id).inspect())
  const raw = listed.find(({ Id }) => Id === proxy.id)
  const openId = raw?.NetworkSettings?.Networks?.[openNetworkName(scope)]?.NetworkID ?? openNetworkName(scope)
  const open = (await client.call(doing, client.docker.getNetwork(openId).inspect())) as FoundNetwork
  const said = [
    ...opennessOf(found as FoundNetwork).map((problem) => `its network ${problem}`),
    ...settingsOf(agent, network, limitedNetworkName(scope, sandboxId)),
    ...strangersOn(found as { Containers?: Record<string, { Name?: string }> }, [containerId, proxy.id]),
  ]
  if (said.length > 0) reachable(said)
  const isolation = decodeContainer(scope, agent.Name.slice(1), agent.Config.Labels)?.spec.isolation
  const lines = await runProbe(client, scope, {
    image: proxy.imageId,
    // What another runtime has of a network is not in the kernel's, where a container beside it would look.
    place:
      isolation === undefined
        ? { NetworkMode: `container:${containerId}` }
        : { NetworkMode: network.id, Dns: [network.proxy], DnsOptions: agent.HostConfig.DnsOptions ?? [] },
    argv: [network.proxy, ...mustBeSilent(network, open).flat()],
  })
  const status = proxyStatus(lines)
  if (status === null) return {}
  const words = await lastWords(client, proxy.id)
  return fail('engine/proxy-silent', 'The proxy of the sandbox does not answer', {
    detail: `From the network of the sandbox it said ${status}. Its last words:\n${words}`,
  })
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

function strangersOn(
  { Containers = {} }: { readonly Containers?: Readonly<Record<string, { readonly Name?: string }>> },
  known: readonly string[],
): string[] {
  const strangers = Object.entries(Containers).filter(([id]) => !known.includes(id))
  return strangers.map(([id, { Name = id }]) => `the container ${Name} is on its network`)
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
}

/** What it prints, by lines. Nothing of it stays; what a call that was killed leaves is known by its holder. */
async function runProbe(client: Client, scope: Scope, { image, place, argv }: Probe): Promise<readonly string[]> {
  const name = `${namePrefix(scope)}look-${randomBytes(4).toString('hex')}`
  const body = {
    Image: image,
    User: '13:13',
    Entrypoint: ['/bin/bash', '-c', probe, 'sbx'],
    Cmd: argv,
    Tty: true, // one stream without frames
    Labels: { [labels.scope]: scope, [labels.holder]: await holderOf() },
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
  const container = await client.call(doing, client.docker.createContainer(options))
  try {
    await client.call(doing, container.start())
    await client.call(doing, container.wait())
    const text = await client.call(doing, container.logs({ stdout: true, stderr: true, follow: false }))
    return String(text)
      .split(/\r?\n/)
      .filter((line) => line !== '')
  } finally {
    await container.remove({ force: true, v: true }).catch((error: unknown) => {
      if (statusOf(error) !== 404) throw error
    })
  }
}
