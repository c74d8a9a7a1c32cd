// A real engine with a scope of its own, and what is needed around it.

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Docker from 'dockerode'
import { connectDocker } from '../../../src/engine/docker.js'
import { locateEndpoint, type Endpoint } from '../../../src/engine/connection/endpoint.js'
import { labels } from '../../../src/model/names.js'
import { childrenFirst } from '../../support/children-first.js'
import type { Subject } from '../contract.js'

/** What the templates stand on; `npm test` sees to it that it is there. */
export const baseImage = 'debian:bookworm-slim'

export type DockerSubject = Subject & {
  readonly endpoint: Extract<Endpoint, { kind: 'unix' }>
  /** The engine without sbx, to look behind it and to do what other hands do. */
  readonly docker: Docker
}

export async function makeDockerSubject(certificates: string | null = null): Promise<DockerSubject> {
  const endpoint = await locateEndpoint(process.env)
  if (endpoint.kind !== 'unix') throw new Error('these tests need an engine on a socket of this machine')
  const docker = new Docker({ socketPath: endpoint.path })
  const scope = `t${randomBytes(4).toString('hex')}`
  const workspace = await mkdtemp(join(tmpdir(), 'sbx-contract-'))
  const engine = connectDocker({ endpoint, scope, certificates })
  return {
    ...{ engine, scope, image: baseImage, workspace, endpoint, docker },
    async pause(containerId) {
      await docker.getContainer(containerId).pause()
    },
    async restartAlways(containerId) {
      await docker.getContainer(containerId).update({ RestartPolicy: { Name: 'always' } })
    },
    async write(containerId, path) {
      const argv = ['/bin/sh', '-c', 'echo written >"$0"', path]
      const { exitCode, stderr } = await engine.run(containerId, { argv, user: 'root', doing: 'test' })
      if (exitCode !== 0) throw new Error(`${path}: ${stderr}`)
    },
    async occupy(name, kind = 'container') {
      if (kind === 'volume') {
        await docker.createVolume({ Name: name })
        return
      }
      await docker.createContainer({ name, Image: baseImage, Cmd: ['true'], Labels: { [labels.scope]: scope } })
    },
    async makeNetwork(name) {
      await docker.createNetwork({ Name: name, Labels: { [labels.scope]: scope } })
    },
    async removeNetwork(name) {
      await docker.getNetwork(name).remove()
    },
    async close() {
      engine.close()
      await removeScope(docker, scope)
      await rm(workspace, { recursive: true, force: true })
    },
  }
}

/** Goes by the scope's label alone, whatever else an object is. */
export async function removeScope(docker: Docker, scope: string): Promise<void> {
  const filters = { label: [`${labels.scope}=${scope}`] }
  const containers = await docker.listContainers({ all: true, filters })
  await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })))
  const { Volumes } = await docker.listVolumes({ filters })
  const unlabelled = (await docker.listVolumes()).Volumes.filter(({ Name }) => Name.startsWith(`sbx_${scope}-`))
  const names = new Set([...(Volumes ?? []), ...unlabelled].map(({ Name }) => Name))
  await Promise.all([...names].map((name) => docker.getVolume(name).remove()))
  const networks = await docker.listNetworks({ filters })
  await Promise.all(networks.map(({ Id }) => docker.getNetwork(Id).remove()))
  const images = await docker.listImages({ filters })
  for (const { Id } of childrenFirst(images)) await docker.getImage(Id).remove({ force: true })
}
