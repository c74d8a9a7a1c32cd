import { FakeEngine } from '../../support/fake-engine.js'
import type { Subject } from '../contract.js'

const image = 'acme/agent:1'

export async function makeFakeSubject(): Promise<Subject> {
  const engine = new FakeEngine()
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
      container.changedPaths = [...container.changedPaths, path]
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
    async close() {},
  }
}
