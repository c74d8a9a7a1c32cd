// What the engine has under our labels. GETs alone, and few of them: one list for all sandboxes, one for volumes.

import type { ContainerInfo, ContainerInspectInfo } from 'dockerode'
import type { Leftovers } from '../../model/leftovers.js'
import {
  isAlive,
  type ListedContainer,
  type LiveContainer,
  type LiveRecord,
  type LiveSandbox,
  type RenamedContainer,
} from '../../model/live.js'
import { mayHaveIdleSnapshots } from '../../model/snapshots.js'
import { labels, snapshotReference, type Scope } from '../../model/names.js'
import { adoptionOf, adoptionsAmong, type Adoptions } from '../labels/adoptions.js'
import type { Client } from '../connection/client.js'
import { rethrow, statusOf } from '../connection/errors.js'
import { isOlderThanThis, labelledSettings, readSettings } from '../container/fixed-settings.js'
import { imageId } from '../image/images.js'
import { decodeContainer, decodeRecord } from '../labels/labels.js'
import { decodeHome, decodeVolume } from '../labels/volume-labels.js'
import { publishedPorts } from '../network/published-ports.js'
import { readinessOf, readMark } from '../container/readiness.js'
import { observeProxies } from '../network/proxies.js'
import { refuseRenamed, renamedAmong } from '../container/renamed.js'
import { snapshotReferences } from '../image/snapshot-references.js'
import { startability } from '../container/startable.js'
import { observedSpec } from '../container/translate.js'

/** Oldest first. One GET. Filtered once more by what the labels really say. */
export async function listContainers(client: Client, scope: Scope): Promise<ListedContainer[]> {
  const found = await listRawContainers(client, scope)
  return found.flatMap((container) => decodeListed(scope, container) ?? []).sort(byAge)
}

/** The same, and those that somebody has renamed. One GET for both. */
export async function listWithRenamed(
  client: Client,
  scope: Scope,
): Promise<{ readonly containers: readonly ListedContainer[]; readonly renamed: readonly RenamedContainer[] }> {
  const found = await listRawContainers(client, scope)
  const renamed = renamedAmong(scope, found).flatMap(({ container, name, given }): RenamedContainer[] => {
    const decoded = decodeListed(scope, { ...container, Names: [`/${given}`] })
    return decoded === null ? [] : [{ ...decoded, name, was: given }]
  })
  return {
    containers: found.flatMap((container) => decodeListed(scope, container) ?? []).sort(byAge),
    renamed: renamed.sort(byAge),
  }
}

/** As the engine lists them; not all of them need be ours. One GET. */
export async function listRawContainers(client: Client, scope: Scope): Promise<ContainerInfo[]> {
  const filters = { label: [`${labels.scope}=${scope}`, labels.sandbox] }
  return client.call('list the containers', client.docker.listContainers({ all: true, filters }))
}

export function byAge(
  a: Pick<ListedContainer, 'createdAt' | 'id'>,
  b: Pick<ListedContainer, 'createdAt' | 'id'>,
): number {
  return a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)
}

export function decodeListed(scope: Scope, container: ContainerInfo): ListedContainer | null {
  const name = (container.Names[0] ?? '').slice(1)
  const decoded = decodeContainer(scope, name, container.Labels ?? {})
  if (decoded === null) return null
  return {
    id: container.Id,
    name,
    state: container.State as ListedContainer['state'],
    createdAt: container.Created,
    imageId: container.ImageID,
    ...publishedPorts(container),
    ...decoded,
  }
}

export async function observeSandbox(
  client: Client,
  scope: Scope,
  sandboxId: string,
  imageReferences: readonly string[],
): Promise<LiveSandbox> {
  const [raw, volumes] = await Promise.all([listRawContainers(client, scope), listVolumes(client, scope, sandboxId)])
  await refuseRenamed(client, scope, sandboxId, raw)
  const listed = raw.flatMap((container) => decodeListed(scope, container) ?? []).sort(byAge)
  const own = listed.filter((container) => container.sandbox.id === sandboxId)
  const [containers, snapshots, images, proxies] = await Promise.all([
    Promise.all(own.map((container) => observeContainer(client, scope, container))),
    mayHaveIdleSnapshots(own, volumes.records, volumes.homes.length > 0)
      ? listSnapshots(client, scope, sandboxId)
      : snapshotsOf(client, scope, own),
    Promise.all(imageReferences.map(async (reference) => [reference, await imageNow(client, reference, raw)] as const)),
    observeProxies(client, scope, sandboxId, raw),
  ])
  return {
    id: sandboxId,
    containers: containers.filter((container) => container !== null),
    records: volumes.records.map(({ name, spec, createdAt }) => ({ name, spec, createdAt })),
    hasHome: volumes.homes.length > 0,
    ...volumesOf(volumes),
    ...adoptionOf(volumes.adoptions, sandboxId),
    images: Object.fromEntries(images),
    ...(snapshots.length === 0 ? {} : { snapshots }),
    ...(proxies.length === 0 ? {} : { proxies }),
    others: listed.filter((container) => container.sandbox.id !== sandboxId),
  }
}

function volumesOf({ workspaces, owns }: Volumes): Pick<LiveSandbox, 'volumes'> {
  const names = [...workspaces, ...owns].map(({ name }) => name)
  return names.length === 0 ? {} : { volumes: names }
}

/** One GET for each that has stopped: of those that run, there is none yet, or it is not up to date. */
async function snapshotsOf(client: Client, scope: Scope, containers: readonly ListedContainer[]): Promise<string[]> {
  const stopped = containers.filter(({ state }) => state === 'exited')
  const references = stopped.map(({ id, sandbox }) => snapshotReference(scope, sandbox.id, id))
  const ids = await Promise.all(references.map((reference) => imageId(client, reference)))
  return references.filter((_, at) => ids[at] !== null)
}

/** All that there are of one sandbox. One GET. */
async function listSnapshots(client: Client, scope: Scope, sandboxId: string): Promise<string[]> {
  const filters = { label: [`${labels.scope}=${scope}`, `${labels.sandbox}=${sandboxId}`] }
  const images = await client.call('list the images', client.docker.listImages({ filters }))
  const found = images.flatMap((image) => snapshotReferences(scope, image))
  return found.filter((each) => each.sandboxId === sandboxId).map(({ reference }) => reference)
}

/**
 * Id of the image that a reference names. A list shows a container's image by the name it was made from as long as that
 * names the same one, and by its id from then on; so an image that a container was made from needs no call.
 */
async function imageNow(client: Client, reference: string, listed: readonly ContainerInfo[]): Promise<string | null> {
  const madeFromIt = listed.find(({ Image }) => Image === reference)
  return madeFromIt?.ImageID ?? imageId(client, reference)
}

/** Null where it was removed since it was listed. */
async function observeContainer(
  client: Client,
  scope: Scope,
  container: ListedContainer,
): Promise<LiveContainer | null> {
  const [inspected, mark] = await Promise.all([
    inspectListed(client, container),
    isAlive(container) ? readMark(client, container.id) : null,
  ])
  if (inspected === null) return null
  const { State, Config } = inspected
  const state = State.Status as LiveContainer['state']
  const applied = labelledSettings(Config.Labels[labels.settings])
  return {
    ...container,
    state,
    observed: observedSpec(inspected, container.spec, scope, container.sandbox.id),
    fixed: { applied, observed: readSettings(inspected), isOlder: isOlderThanThis(applied) },
    readiness: isAlive({ state }) ? await readinessOf(client, container.id, State, mark) : null,
    startedAt: isNever(State.StartedAt) ? null : State.StartedAt,
    exitCode: State.ExitCode,
    ...(await startability(client, inspected, container.spec)),
  }
}

async function inspectListed(
  client: Client,
  { id, name }: Pick<ListedContainer, 'id' | 'name'>,
): Promise<ContainerInspectInfo | null> {
  try {
    return await client.docker.getContainer(id).inspect()
  } catch (error) {
    if (statusOf(error) === 404) return null
    return rethrow(error, client.endpoint.url, `look at the container ${name}`)
  }
}

/** The engine's word for a time that has not come is the first of the calendar. */
function isNever(time: string): boolean {
  return time === '' || time.startsWith('0001-01-01')
}

type Volumes = {
  readonly records: readonly (LiveRecord & { readonly sandboxId: string })[]
  readonly homes: readonly { readonly name: string; readonly sandboxId: string }[]
  readonly workspaces: Leftovers['workspaces']
  readonly owns: Leftovers['owns']
  readonly adoptions: Adoptions
}

/** One GET. */
export async function listVolumes(client: Client, scope: Scope, sandboxId: string | null): Promise<Volumes> {
  const sandbox = sandboxId === null ? labels.sandbox : `${labels.sandbox}=${sandboxId}`
  const filters = { label: [`${labels.scope}=${scope}`, sandbox] }
  const found = await client.call('list the volumes', client.docker.listVolumes({ filters }))
  const records: (LiveRecord & { sandboxId: string })[] = []
  const homes: { name: string; sandboxId: string }[] = []
  const others: { name: string; sandboxId: string; holds: 'workspace' | 'own' }[] = []
  for (const volume of found.Volumes ?? []) {
    const name = volume.Name
    const from = volume.Labels ?? {}
    const record = decodeRecord(scope, name, from)
    const createdAt = 'CreatedAt' in volume ? String(volume.CreatedAt) : ''
    if (record !== null) records.push({ name, createdAt, ...record })
    const home = decodeHome(scope, name, from)
    if (home !== null) homes.push({ name, sandboxId: home })
    const other = decodeVolume(scope, name, from)
    if (other !== null) others.push({ name, ...other })
  }
  const isOwn = (item: { readonly sandboxId: string }) => sandboxId === null || item.sandboxId === sandboxId
  const adoptions = adoptionsAmong(scope, found.Volumes ?? [])
  const held = (wanted: 'workspace' | 'own'): Leftovers['owns'] =>
    others.flatMap(({ holds, ...volume }) => (holds === wanted && isOwn(volume) ? [volume] : []))
  return {
    ...{ records: records.filter(isOwn), homes: homes.filter(isOwn), adoptions },
    ...{ workspaces: held('workspace'), owns: held('own') },
  }
}
