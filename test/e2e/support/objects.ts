// Everything that a scope has on the engine, to see that a call touched nothing.

import type { Project } from './project.js'

export type Objects = {
  readonly containers: readonly string[]
  readonly volumes: readonly string[]
  readonly networks: readonly string[]
}

/** Containers with their id, state and start, the others by name; sorted. */
export async function objectsOf({ docker, scope }: Project): Promise<Objects> {
  const filters = { label: [`dev.sbx.scope=${scope}`] }
  const [containers, { Volumes: volumes }, networks] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listVolumes({ filters: JSON.stringify(filters) as never }),
    docker.listNetworks({ filters }),
  ])
  const inspected = await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).inspect()))
  return {
    containers: inspected.map(({ Id, State }) => `${Id} ${State.Status} ${State.StartedAt}`).sort(),
    volumes: volumes.map(({ Name }) => Name).sort(),
    networks: networks.map(({ Id }) => Id).sort(),
  }
}

export const nothing: Objects = { containers: [], volumes: [], networks: [] }
