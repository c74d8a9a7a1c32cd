// All sandboxes at one look: what the engine's lists of containers, volumes and images say. A list does not show
// everything that an inspection does, so it tells which sandboxes are worth one.

import type { ContainerInfo } from 'dockerode'
import type { ListedContainer, Survey } from '../../model/live.js'
import { limitedNetworkName, openNetworkName, sshSocketTarget, type Scope } from '../../model/names.js'
import type { ContainerSpec } from '../../model/spec.js'
import type { Client } from '../connection/client.js'
import { imageId } from '../image/images.js'
import { proxiesAmong } from '../network/proxies.js'
import { byAge, decodeListed, listRawContainers, listVolumes } from './observe.js'
import { engineMounts, socketTarget } from '../container/mounts.js'

/** Three GETs, and one for each image that the list does not have under the name that is asked for. */
export async function surveySandboxes(
  client: Client,
  scope: Scope,
  imageReferences: readonly string[],
): Promise<Survey> {
  const [listed, { records, homes, workspaces, owns, adoptions }, images] = await Promise.all([
    listRawContainers(client, scope),
    listVolumes(client, scope, null),
    imageIds(client, imageReferences),
  ])
  const containers = listed.flatMap((raw) => {
    const container = decodeListed(scope, raw)
    return container === null ? [] : [{ ...container, isAsLabelled: isAsLabelled(raw, container, scope) }]
  })
  const proxies = proxiesAmong(scope, listed)
  const volumes = [...workspaces, ...owns]
  return {
    ...(proxies.length === 0 ? {} : { proxies }),
    containers: containers.sort(byAge),
    records,
    ...(volumes.length === 0 ? {} : { volumes }),
    homes: new Set(homes.map(({ sandboxId }) => sandboxId)),
    adopting: new Set(adoptions.marks.map(({ sandboxId }) => sandboxId)),
    images,
  }
}

/** Whether mounts, networks and, of one that runs, published ports are as the spec in the labels has them. */
export function isAsLabelled(
  raw: Pick<ContainerInfo, 'Mounts' | 'Ports' | 'NetworkSettings'>,
  { spec, state, sandbox }: Pick<ListedContainer, 'spec' | 'state' | 'sandbox'>,
  scope: Scope,
): boolean {
  const wanted = [networkName(spec.network, scope, sandbox.id), ...Object.keys(spec.networks ?? {})]
  const networks = Object.keys(raw.NetworkSettings?.Networks ?? {})
  return (
    networks.length === wanted.length &&
    wanted.every((name) => networks.includes(name)) &&
    hasMounts(raw.Mounts ?? [], spec) &&
    // What does not run has no ports published.
    (state !== 'running' || hasPorts(raw.Ports ?? [], spec.ports))
  )
}

function networkName(network: ContainerSpec['network'], scope: Scope, sandboxId: string): string {
  switch (network) {
    case 'open':
      return openNetworkName(scope)
    case 'limited':
      return limitedNetworkName(scope, sandboxId)
    case 'none':
      return 'none'
  }
}

function hasMounts(found: ContainerInfo['Mounts'], spec: ContainerSpec): boolean {
  const wanted = engineMounts(spec, { engine: '', ssh: '' })
  // An image may ask for volumes of its own, which have no name.
  const named = found.filter(({ Type, Name = '' }) => Type !== 'volume' || !/^[0-9a-f]{64}$/.test(Name))
  return (
    named.length === wanted.length &&
    wanted.every(({ Type, Source, Target, ReadOnly = false }) =>
      named.some(
        (mount) =>
          mount.Destination === Target &&
          mount.Type === Type &&
          mount.RW === !ReadOnly &&
          // Where the engine has its own socket, only a call more would tell; where the ssh agent's was, nobody knows.
          (Target === socketTarget || Target === sshSocketTarget || sourceOf(mount) === (Source ?? '')),
      ),
    )
  )
}

/** What is in memory has none. */
function sourceOf({ Type, Name, Source }: ContainerInfo['Mounts'][number]): string | undefined {
  return Type === 'volume' ? Name : Source
}

function hasPorts(found: ContainerInfo['Ports'], ports: ContainerSpec['ports']): boolean {
  const published = found.filter(({ PublicPort }) => PublicPort !== undefined)
  const wanted = Object.entries(ports)
  const isOf = (
    port: ContainerInfo['Ports'][number],
    [name, { address, hostPort }]: (typeof wanted)[number],
  ): boolean =>
    `${String(port.PrivatePort)}/${port.Type}` === name &&
    port.IP === address &&
    (hostPort === null || port.PublicPort === hostPort)
  return (
    wanted.every((each) => published.some((port) => isOf(port, each))) &&
    published.every((port) => wanted.some((each) => isOf(port, each)))
  )
}

/** By reference. */
async function imageIds(client: Client, references: readonly string[]): Promise<Record<string, string | null>> {
  if (references.length === 0) return {}
  const listed = await client.call('list the images', client.docker.listImages())
  const ids = new Map(
    listed.flatMap(({ Id, RepoTags, RepoDigests }) =>
      [Id, ...(RepoTags ?? []), ...(RepoDigests ?? [])].map((name) => [name, Id] as const),
    ),
  )
  const found = await Promise.all(
    [...new Set(references)].map(async (reference) => {
      const id = ids.get(reference) ?? ids.get(listedName(reference))
      return [reference, id ?? (await imageId(client, reference))] as const
    }),
  )
  return Object.fromEntries(found)
}

/** As Docker lists what can be written in several ways. */
function listedName(reference: string): string {
  const short = reference.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\//, '')
  return /[@:][^/]*$/.test(short) ? short : `${short}:latest`
}
