// What of the workspace is hidden, while sandboxes run and files come and go.

import { describe, expect, test } from 'vitest'
import { emptyWorld, file, ownContainer, stepsText, type Edit } from '../support/examples.js'
import { applyTo, planFor } from '../support/applying.js'
import type { DesiredSandbox } from '../../src/model/desired.js'

const hiding = (hide: Readonly<Record<string, 'file' | 'folder'>>, hidden: readonly string[]): DesiredSandbox => {
  const edit: Edit = Object.keys(hide).length === 0 ? {} : { container: { hide } }
  return { ...file(edit), hidden }
}

const both = hiding({ '.env': 'file', secrets: 'folder' }, ['.env', 'secrets'])

async function appliedWorld(desired: DesiredSandbox) {
  const world = emptyWorld()
  expect(await applyTo(world, desired)).toMatchObject({ error: null })
  return { world, container: ownContainer(world) }
}

describe('a hidden path', () => {
  test('that is there now needs a new container', async () => {
    const { world } = await appliedWorld(hiding({ '.env': 'file' }, ['.env', 'secrets']))
    const plan = await planFor(world, both)
    expect(plan).toMatchObject({ action: 'recreate', reason: 'config_changed' })
    expect(plan.changes).toMatchObject([{ path: '/hide/secrets', op: 'add', effect: 'recreate' }])
  })

  test('that is not there is a note, and one in a hidden folder is none', async () => {
    const { world } = await appliedWorld(file())
    const plan = await planFor(world, hiding({}, ['.env', 'keys/live']))
    expect(plan).toMatchObject({ action: 'reuse', notes: [{ kind: 'hidden-missing', paths: ['.env', 'keys/live'] }] })
    const pointed = await planFor(world, hiding({}, ['.env']), { looksSecret: ['.env.live'] })
    expect(pointed.notes).toContainEqual({ kind: 'looks-secret', paths: ['.env.live'], all: ['.env'] })
    const covered = await planFor(world, hiding({ keys: 'folder' }, ['keys', 'keys/live']))
    expect(covered.notes).toEqual([])
  })

  test('that was deleted while the sandbox runs ends no session', async () => {
    const { world } = await appliedWorld(both)
    const plan = await planFor(world, hiding({ secrets: 'folder' }, ['.env', 'secrets']))
    expect(plan).toMatchObject({ action: 'reuse', changes: [], notes: [] })
  })

  test('that was deleted is no part of what is started again', async () => {
    const { world, container } = await appliedWorld(both)
    container.state = 'exited'
    const gone = hiding({ secrets: 'folder' }, ['.env', 'secrets'])
    expect(await planFor(world, gone)).toMatchObject({ action: 'recreate' })
    container.state = 'running'
    const other = { ...gone, containerSpec: { ...gone.containerSpec, socket: 'host' } } as const
    for (const [desired, over] of [
      [other, {}],
      [gone, { recreate: true }],
    ] as const) {
      const plan = await planFor(world, desired, over)
      const specs = plan.steps.flatMap((step) => (step.do === 'create-container' ? [step.request.spec.hide] : []))
      expect(specs).toEqual([{ secrets: 'folder' }])
    }
    expect(await planFor(world, gone, { fallenOut: ['secrets'] })).toMatchObject({ action: 'recreate' })
  })

  test('that the file shows again needs a new container and a yes', async () => {
    const { world } = await appliedWorld(both)
    const plan = await planFor(world, hiding({ secrets: 'folder' }, ['secrets']))
    expect(plan.changes).toMatchObject([{ path: '/hide/.env', op: 'remove', effect: 'recreate' }])
    expect(plan.grants.filter(({ widens }) => widens)).toMatchObject([{ key: 'show:.env' }])
  })

  test('that fell out is hidden again by a restart', async () => {
    const { world, container } = await appliedWorld(both)
    const plan = await planFor(world, both, { fallenOut: ['.env'] })
    expect(plan).toMatchObject({ action: 'update', reason: 'drifted' })
    expect(plan.changes).toMatchObject([{ path: '/hide/.env', effect: 'restart', origin: 'drift' }])
    expect(stepsText(plan)).toEqual(['stop the old', 'start the old', 'await-ready the old', 'settle the old'])
    container.state = 'paused'
    expect(stepsText(await planFor(world, both, { fallenOut: ['.env'] }))).toEqual(stepsText(plan))
  })

  test('that fell out is told where another change recreates the sandbox, too, unless it is to be seen', async () => {
    const { world } = await appliedWorld(both)
    const other = { ...both, containerSpec: { ...both.containerSpec, socket: 'host' } } as const
    const plan = await planFor(world, other, { fallenOut: ['.env'] })
    expect(plan).toMatchObject({ action: 'recreate', reason: 'config_changed' })
    expect(plan.changes).toMatchObject([{ path: '/socket' }, { path: '/hide/.env', origin: 'drift' }])
    const shown = await planFor(world, hiding({ secrets: 'folder' }, ['secrets']), { fallenOut: ['.env'] })
    expect(shown.changes).toMatchObject([{ path: '/hide/.env', op: 'remove', origin: 'config' }])
  })
})
