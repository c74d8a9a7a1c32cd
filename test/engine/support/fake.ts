import { FakeEngine } from '../../support/fake-engine.js'
import { decoded } from '../../support/fake-world.js'
import type { Subject } from '../contract.js'

const image = 'acme/agent:1'

export async function makeFakeSubject(): Promise<Subject> {
  const engine = new FakeEngine()
  engine.world.piped.set('cat', (input) => ({ output: input.toString(), exitCode: 0 }))
  engine.world.images.set(image, `sha256:${'1'.repeat(64)}`)
  return {
    engine,
    scope: '',
    image,
    workspace: '/src/web',
    async pause(containerId) {
      const container = engine.world.containers.get(containerId)
      if (container === undefined) throw new Error('no such container')
      container.state = 'paused'
    },
    async write(containerId, path) {
      const container = engine.world.containers.get(containerId)
      if (container === undefined) throw new Error('no such container')
      const volumes = Object.entries(container.request === null ? {} : decoded(container.request).spec.volumes)
      const volume = volumes.find(([target]) => path.startsWith(`${target}/`))
      if (volume === undefined) {
        container.changedPaths = [...container.changedPaths, path]
        engine.world.containerFiles.set(containerId + path, 'written\n')
      } else {
        const file = { text: 'written\n', modifiedAt: 0 }
        engine.world.volumeFiles.set(`${volume[1]}/${path.slice(volume[0].length + 1)}`, file)
      }
    },
    async restartAlways(containerId) {
      const container = engine.world.containers.get(containerId)
      if (container === undefined) throw new Error('no such container')
      container.fixed = { ...container.fixed, restartPolicy: 'always' }
    },
    async occupy(name, kind = 'container') {
      if (kind === 'volume') {
        engine.world.createVolume({ name, holds: 'unknown', sandboxId: null, record: null })
        return
      }
      const imageId = engine.world.images.get(image) ?? ''
      engine.world.addContainer({ name, request: null, imageId, limits: { pids: 0 }, networkIds: [], volumeNames: [] })
    },
    async makeNetwork(name) {
      engine.world.createNetwork(name, false)
    },
    async removeNetwork(name) {
      const found = [...engine.world.networks.values()].find((network) => network.name === name)
      engine.world.networks.delete(found?.id ?? '')
    },
    async close() {},
  }
}
