// One function for each thing that is done to a proxy. It has no capability and no user but its own, nothing of it can be
// written but what it keeps in memory, and it listens on the sandbox's network alone.

import type { ContainerInspectInfo } from 'dockerode'
import type { StepResult } from '../../model/engine.js'
import type { Scope } from '../../model/names.js'
import type { ProxyRequest } from '../../model/plan.js'
import type { Client } from '../connection/client.js'
import { removeContainer, stopUnlessGone, unlessAlready } from '../container/containers.js'
import { createOrFind } from '../container/create-or-find.js'
import { isEngineError, reasonOf, rethrow } from '../connection/errors.js'
import { ensureLimitedNetwork, type LimitedNetwork } from '../network/limited-network.js'
import { failNameTaken } from '../container/name-taken.js'
import { ensureOpenNetwork } from '../network/networks.js'
import { proxyConfig } from './proxy-config.js'
import { decodeProxy, proxyLabels } from '../labels/proxy-labels.js'
import { isSigned, signature } from '../labels/signature.js'

/** Number of the user `proxy` in Debian, so that its output can be opened: who is root first and then is not cannot. */
const user = '13:13'

/** Nothing can be put into a container whose files cannot be written, so the configuration comes as an argument. */
const command = ['-c', 'printf %s "$1" >/run/squid.conf && exec squid -N -f /run/squid.conf', 'sbx']

export function proxyBody(request: ProxyRequest, openNetworkId: string, network: LimitedNetwork) {
  const hosts = [...Object.keys(request.spec.allow), ...request.agentHosts]
  const config = proxyConfig({ address: network.proxy, subnet: network.subnet, hosts })
  return {
    Image: request.image,
    User: user,
    Entrypoint: ['/bin/sh'],
    Cmd: [...command, config],
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      Init: true,
      RestartPolicy: { Name: 'no' },
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      Tmpfs: { '/run': 'uid=13,gid=13,mode=700,size=16m' },
      Sysctls: { 'net.ipv4.ip_forward': '0' },
      PidsLimit: 64,
      Memory: 512 * 1024 * 1024,
      LogConfig: { Type: 'json-file', Config: { 'max-size': '5m', 'max-file': '2' } },
      NetworkMode: openNetworkId,
    },
  }
}

/** What is there already under the same name is the same proxy, or an error. */
export async function createProxy(client: Client, scope: Scope, request: ProxyRequest): Promise<StepResult> {
  const [openNetworkId, network] = await Promise.all([
    ensureOpenNetwork(client, scope),
    ensureLimitedNetwork(client, scope, request.sandbox),
  ])
  const signed = signature(client)
  const body = {
    ...proxyBody(request, openNetworkId, network),
    Labels: { ...proxyLabels(scope, request), ...signed },
  }
  const created = await createOrFind(client, request.name, body, `create the proxy ${request.name}`)
  const made =
    'id' in created
      ? { containerId: created.id, made: true }
      : {
          containerId: await oursOf(client, scope, request.name, created.found),
          made: isSigned(created.found.Config.Labels, signed),
        }
  try {
    await connect(client, made.containerId, network)
  } catch (error) {
    // Half made and under a name that the next apply would take as whole.
    if (made.made) await removeProxy(client, made.containerId)
    throw error
  }
  return made
}

async function oursOf(client: Client, scope: Scope, name: string, found: ContainerInspectInfo): Promise<string> {
  return decodeProxy(scope, name, found.Config.Labels) === null ? failNameTaken(client, found) : found.Id
}

/** Before it starts, since its own address is in its configuration. One that is connected already stays so. */
async function connect(client: Client, id: string, network: LimitedNetwork): Promise<void> {
  const endpoint = { IPAMConfig: { IPv4Address: network.proxy }, Aliases: ['sbx-proxy'] }
  try {
    await client.docker.getNetwork(network.id).connect({ Container: id, EndpointConfig: endpoint })
  } catch (error) {
    const isConnected = isEngineError(error) && /already exists in network|already attached/i.test(reasonOf(error))
    if (!isConnected) rethrow(error, client.endpoint.url, 'put the proxy onto the network of its sandbox')
  }
}

export async function startProxy(client: Client, id: string): Promise<StepResult> {
  return unlessAlready(client, 'start the proxy', client.docker.getContainer(id).start())
}

/** At once: it has nothing to finish, and what goes through it ends in any case. */
export async function stopProxy(client: Client, id: string): Promise<StepResult> {
  return stopUnlessGone(client, id, 'stop the proxy', 0)
}

export async function removeProxy(client: Client, id: string): Promise<StepResult> {
  return removeContainer(client, id, { force: true })
}
