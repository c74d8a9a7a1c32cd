// Everything that a scope has on an engine, found by its label and removed.

import type Docker from 'dockerode'
import { childrenFirst } from '../../support/children-first.js'

export async function removeScope(docker: Docker, scope: string): Promise<void> {
  const filters = { label: [`dev.sbx.scope=${scope}`] }
  const containers = await docker.listContainers({ all: true, filters })
  await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })))
  const { Volumes: volumes } = await docker.listVolumes({ filters: JSON.stringify(filters) as never })
  await Promise.all(volumes.map(({ Name }) => docker.getVolume(Name).remove()))
  const networks = await docker.listNetworks({ filters })
  await Promise.all(networks.map(({ Id }) => docker.getNetwork(Id).remove()))
  const images = await docker.listImages({ filters: JSON.stringify(filters) as never })
  for (const { Id } of childrenFirst(images)) await docker.getImage(Id).remove({ force: true })
}
