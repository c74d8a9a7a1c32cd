// What a sandbox reaches, by what the engine says of it: never more than its file, or the one before that, whatever went
// wrong.

import type { ContainerInspectInfo } from 'dockerode'
import type { Project } from '../../e2e/support/project.js'
import { see } from './sandbox.js'

/** Hosts that a limited network lets through; null of a network that is not limited. */
export type Allowed = readonly string[] | null

/** What is open that should not be, of containers that run or could be started; `allowed` is of each file there was. */
export async function openness(project: Project, allowed: readonly Allowed[]): Promise<string[]> {
  const { containers, proxies } = await see(project)
  const inspect = async ({ id }: { readonly id: string }): Promise<ContainerInspectInfo> =>
    project.docker.getContainer(id).inspect()
  const [agents, ways] = await Promise.all([Promise.all(containers.map(inspect)), Promise.all(proxies.map(inspect))])
  const limited = agents.filter(isLimited)
  const networks = new Set(limited.flatMap(({ NetworkSettings: { Networks } }) => Object.keys(Networks)))
  const open = await Promise.all([...networks].map((name) => opennessOf(project, name)))
  const said = allowed.map((hosts) => JSON.stringify(hosts))
  return [
    ...open.flat(),
    ...limited.flatMap(({ Name, NetworkSettings: { Networks }, HostConfig: { Dns } }) => [
      ...(Object.keys(Networks).length === 1 ? [] : [`${Name} is on ${Object.keys(Networks).join(', ')}`]),
      ...(/^10\.213\.\d+\.\d+$/.test(String(Dns)) ? [] : [`${Name} asks ${String(Dns)}`]),
    ]),
    ...agents.flatMap((agent) =>
      isLimited(agent) || said.includes('null') ? [] : [`${agent.Name} is not limited, as its file is`],
    ),
    ...(ways.filter(({ State }) => State.Running).length > 1 ? ['several proxies run'] : []),
    ...ways.flatMap((proxy) =>
      said.includes(JSON.stringify(hostsOf(proxy))) ? [] : [`${proxy.Name} lets through ${String(hostsOf(proxy))}`],
    ),
  ]
}

/** What a sandbox may reach until its file takes effect: none where there is no sandbox. */
export async function reachBefore(project: Project): Promise<readonly Allowed[]> {
  const { containers, proxies } = await see(project)
  if (containers.length > 0 && proxies.length === 0) return [null]
  return Promise.all(proxies.map(async ({ id }) => hostsOf(await project.docker.getContainer(id).inspect())))
}

/** Whether the file that it was made of says so. */
function isLimited({ Config }: ContainerInspectInfo): boolean {
  return /"network":"limited"/.test(Config.Labels['dev.sbx.spec'] ?? '')
}

/** By the very configuration that it runs with. */
function hostsOf({ Config }: ContainerInspectInfo): readonly string[] {
  return [...new Set(Config.Cmd.join('\n').match(/[a-z]+\.example\.com/g))].sort()
}

async function opennessOf(project: Project, name: string): Promise<string[]> {
  const { Internal, Options, EnableIPv6 } = (await project.docker.getNetwork(name).inspect()) as {
    readonly Internal: boolean
    readonly EnableIPv6: boolean
    readonly Options: Readonly<Record<string, string>>
  }
  const isClosed = Internal && !EnableIPv6 && Options['com.docker.network.bridge.inhibit_ipv4'] === 'true'
  return isClosed ? [] : [`the network ${name} leads out`]
}
