// What the engine has of a project, asked of the engine itself and of no code of sbx.

import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { extract, pack } from 'tar-stream'
import type { Project } from '../../e2e/support/project.js'
import { until } from '../../e2e/support/until.js'

type SeenContainer = { readonly id: string; readonly state: string }

export type Seen = {
  /** Those that an agent is in. */
  readonly containers: readonly SeenContainer[]
  readonly proxies: readonly SeenContainer[]
  /** What sbx looks into something with, which is for no longer than a call takes. */
  readonly looks: readonly SeenContainer[]
  readonly records: readonly string[]
  readonly homes: readonly string[]
  readonly networks: readonly string[]
  /** Those of them that are a sandbox's own, which is limited to it. */
  readonly limitedNetworks: readonly string[]
  /** Ids of images of a sandbox's own, such as snapshots, that no container is made from. */
  readonly idleImages: readonly string[]
}

export async function see({ docker, scope }: Project): Promise<Seen> {
  const filters = { label: [`dev.sbx.scope=${scope}`] }
  const [containers, { Volumes: volumes }, networks, images] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listVolumes({ filters: JSON.stringify(filters) as never }),
    docker.listNetworks({ filters }),
    docker.listImages({ filters: JSON.stringify(filters) as never }),
  ])
  const playing = (role: string): string[] =>
    volumes.flatMap(({ Name, Labels }) => (Labels['dev.sbx.role'] === role ? [Name] : [])).sort()
  const inPart = (part: string): SeenContainer[] =>
    containers
      .filter(({ Labels }) => (Labels['dev.sbx.role'] ?? 'look') === part)
      .map(({ Id, State }) => ({ id: Id, state: State }))
      .sort((left, right) => (left.id < right.id ? -1 : 1))
  return {
    ...{ containers: inPart('agent'), proxies: inPart('proxy'), looks: inPart('look') },
    records: playing('record'),
    homes: playing('home'),
    networks: networks.map(({ Id }) => Id).sort(),
    limitedNetworks: networks
      .flatMap(({ Id, Labels }) => (Labels?.['dev.sbx.sandbox'] === undefined ? [] : [Id]))
      .sort(),
    idleImages: images.flatMap(({ Id, Labels: labels }) =>
      labels?.['dev.sbx.sandbox'] === undefined || containers.some(({ ImageID }) => ImageID === Id) ? [] : [Id],
    ),
  }
}

/** All that can be seen of it from outside: equal where nothing was done, or was done and taken back without a trace. */
export async function exactly(project: Project): Promise<string> {
  const { containers, proxies, looks, ...rest } = await see(project)
  const { docker } = project
  const all = [...containers, ...proxies, ...looks]
  const inspected = await Promise.all(all.map(({ id }) => docker.getContainer(id).inspect()))
  const seen = inspected.map(({ Id, Name, Image, State, HostConfig, Config, NetworkSettings: { Networks } }) => ({
    ...{ Id, Name, Image, HostConfig, Labels: Config.Labels, networks: Object.keys(Networks) },
    state: [State.Status, State.Pid, State.StartedAt, State.FinishedAt],
  }))
  return JSON.stringify({ seen, ...rest })
}

export function running({ containers }: Seen): readonly string[] {
  return containers.flatMap(({ id, state }) => (state === 'running' ? [id] : []))
}

const kept: Readonly<Record<string, string>> = {
  'marker/note': 'written before anything went wrong\n',
  'marker/deep/er/file': 'x'.repeat(10_000),
}

/** Puts files into the home of the one container, from outside. */
export async function mark(project: Project): Promise<void> {
  const archive = pack()
  for (const [name, content] of Object.entries(kept))
    archive.entry({ name, mode: 0o600, uid: 1000, gid: 1000 }, content)
  archive.finalize()
  const { Id } = await project.container()
  await project.docker.getContainer(Id).putArchive(archive as never, { path: '/home/agent' })
}

/** What became of these files; null where all are as they were. Asks any container that has the home mounted. */
export async function damage(project: Project): Promise<string | null> {
  const [container] = (await see(project)).containers
  if (container === undefined) return 'no container has the home'
  const archive = await project.docker
    .getContainer(container.id)
    .getArchive({ path: '/home/agent/marker' })
    .catch((error: unknown) => error as Error)
  if (archive instanceof Error) return archive.message
  const found = new Map<string, string>()
  for await (const entry of archive.pipe(extract())) {
    const { name, type, mode, uid } = entry.header
    const content = await text(entry)
    if (type === 'file') found.set(name, `${((mode ?? 0) & 0o777).toString(8)} ${uid} ${content}`)
  }
  const wanted = Object.entries(kept).map(([name, content]) => [name, `600 1000 ${content}`])
  const isWhole = JSON.stringify([...found].sort()) === JSON.stringify(wanted.sort())
  return isWhole ? null : `the home has ${[...found.keys()].join(', ') || 'none of the files'}`
}

/** Whether the certificates of this machine, where it has some, are in the one container. */
export async function hasCertificates(project: Project): Promise<boolean> {
  return hasFile(project, '/usr/local/share/ca-certificates/sbx-host.crt')
}

/** Leaves a file in the one container itself, where a recreate would lose it. */
export async function leaveOwnFile(project: Project): Promise<void> {
  const archive = pack()
  archive.entry({ name: 'own/tool', mode: 0o755 }, '#!/bin/sh\n')
  archive.finalize()
  const { Id } = await project.container()
  await project.docker.getContainer(Id).putArchive(Readable.from(archive), { path: '/opt' })
}

export async function hasOwn(project: Project): Promise<boolean> {
  return hasFile(project, '/opt/own/tool')
}

async function hasFile(project: Project, path: string): Promise<boolean> {
  const { Id } = await project.container()
  return project.docker
    .getContainer(Id)
    .infoArchive({ path })
    .then(
      () => true,
      () => false,
    )
}

/** Takes away what was made, but for the home or for no more than the images that a test has made itself, by hand. */
export async function clear(project: Project, what: 'but-home' | 'but-images'): Promise<void> {
  const { containers, proxies, looks, records, homes, networks } = await see(project)
  const volumes = what === 'but-home' ? records : [...records, ...homes]
  await removeByHand(
    project,
    [...containers, ...proxies, ...looks].map(({ id }) => id),
  )
  await Promise.all(volumes.map((name) => project.docker.getVolume(name).remove()))
  await Promise.all(networks.map((id) => project.docker.getNetwork(id).remove()))
}

/** An engine may be just about it, because of a call that got no answer. */
export async function removeByHand(project: Project, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await project.docker
      .getContainer(id)
      .remove({ force: true, v: true })
      .catch((error: { readonly statusCode?: number }) => {
        if (error.statusCode !== 404 && error.statusCode !== 409) throw error
      })
  }
  await until(
    async () => !(await project.containers()).some(({ Id }) => ids.includes(Id)),
    () => `${ids.join(', ')} were not removed`,
  )
}
