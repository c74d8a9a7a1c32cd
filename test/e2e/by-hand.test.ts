// Somebody else changed the sandbox: told apart from an edit of the file, and put back.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { onlySandbox, type PlanDocument, type PlannedDocument } from './support/documents.js'
import { Project } from './support/project.js'

const mebibyte = 2 ** 20
const file = 'agent: shell\nresources: { memory: 256m, pids: 300 }\n'

describe('a sandbox that was changed by hand', () => {
  let project: Project
  let id: string
  beforeAll(async () => {
    project = await Project.create()
    await project.write(file)
    await project.ok(['apply', '--yes'])
    await project.inside('echo kept > ~/note')
  })
  beforeEach(async () => {
    await project.write(file)
    await project.ok(['apply', '--yes', '--discard'])
    id = (await project.container()).Id
  })
  afterAll(async () => {
    await project.remove()
  })

  async function plan(): Promise<PlannedDocument> {
    return onlySandbox(await project.json<PlanDocument>(['plan']))
  }

  async function expectPutBack(): Promise<void> {
    await project.ok(['apply', '--yes', '--discard'])
    expect(await plan()).toMatchObject({ action: 'reuse', changes: [] })
    expect(await project.inside('cat ~/note')).toBe('kept')
  }

  test('limits must be shown as drift and put back in place', async () => {
    const before = await project.container()
    await project.docker.getContainer(id).update({ Memory: 128 * mebibyte, MemorySwap: 128 * mebibyte, PidsLimit: 50 })
    const { action, reason, changes } = await plan()
    expect({ action, reason }).toEqual({ action: 'update', reason: 'drifted' })
    const drift = { op: 'change', effect: 'live', origin: 'drift' }
    expect(changes).toEqual([
      expect.objectContaining({ ...drift, path: '/resources/memory', before: 128 * mebibyte, after: 256 * mebibyte }),
      expect.objectContaining({ ...drift, path: '/resources/pids', before: 50, after: 300, last_applied: 300 }),
    ])
    expect((await project.sbx(['plan', '--detailed-exitcode'])).exitCode).toBe(2)
    await expectPutBack()
    const after = await project.container()
    expect([after.Id, after.State.StartedAt]).toEqual([before.Id, before.State.StartedAt])
    expect([after.HostConfig.Memory, after.HostConfig.PidsLimit]).toEqual([256 * mebibyte, 300])
  })

  test('an edit beside a drift must be told apart from it, setting by setting', async () => {
    await project.docker.getContainer(id).update({ Memory: 128 * mebibyte, MemorySwap: 128 * mebibyte })
    await project.write('agent: shell\nresources: { memory: 256m, pids: 400 }\n')
    const { action, changes } = await plan()
    expect(action).toBe('update')
    expect(changes.map(({ path, origin }) => [path, origin])).toEqual([
      ['/resources/memory', 'drift'],
      ['/resources/pids', 'config'],
    ])
    const text = await project.ok(['plan'])
    expect(text).toMatch(/changed outside sbx/)
    await project.ok(['apply', '--yes'])
    const { HostConfig } = await project.container()
    expect([HostConfig.Memory, HostConfig.PidsLimit]).toEqual([256 * mebibyte, 400])
  })

  test('an edit of what was also changed by hand must show all three values', async () => {
    await project.docker.getContainer(id).update({ PidsLimit: 50 })
    await project.write('agent: shell\nresources: { memory: 256m, pids: 400 }\n')
    const { changes } = await plan()
    expect(changes).toEqual([
      expect.objectContaining({
        path: '/resources/pids',
        origin: 'config',
        before: 50,
        last_applied: 300,
        after: 400,
      }),
    ])
    await project.ok(['apply', '--yes'])
    expect((await project.container()).HostConfig.PidsLimit).toBe(400)
  })

  test('a hand that did what the file says now must cost nothing but a note of it', async () => {
    const before = await project.container()
    await project.docker.getContainer(id).update({ PidsLimit: 400 })
    await project.write('agent: shell\nresources: { memory: 256m, pids: 400 }\n')
    expect((await plan()).action).toBe('update')
    await expectPutBack()
    const after = await project.container()
    expect([after.Id, after.State.StartedAt]).toEqual([before.Id, before.State.StartedAt])
  })

  test('a network that was taken away must be shown as drift and put back', async () => {
    const [network] = Object.keys((await project.container()).NetworkSettings.Networks)
    if (network === undefined) throw new Error('the sandbox is on no network')
    await project.docker.getNetwork(network).disconnect({ Container: id })
    const { reason, changes } = await plan()
    expect(reason).toBe('drifted')
    expect(changes).toEqual([expect.objectContaining({ path: '/network', origin: 'drift', last_applied: 'open' })])
    await expectPutBack()
    expect(Object.keys((await project.container()).NetworkSettings.Networks)).toEqual([network])
  })

  test('a network that was added must be shown as drift and taken away', async () => {
    const [own] = Object.keys((await project.container()).NetworkSettings.Networks)
    const other = `${project.scope}-by-hand`
    const network = await project.docker.createNetwork({ Name: other, Labels: { 'dev.sbx.scope': project.scope } })
    await network.connect({ Container: id })
    const { reason, changes } = await plan()
    expect(reason).toBe('drifted')
    expect(changes).toEqual([expect.objectContaining({ path: '/network', origin: 'drift', after: 'open' })])
    expect(JSON.stringify(changes)).toContain(other)
    await expectPutBack()
    expect(Object.keys((await project.container()).NetworkSettings.Networks)).toEqual([own])
    await network.remove()
  })

  test('a paused container must be unpaused and not restarted', async () => {
    const before = await project.container()
    await project.docker.getContainer(id).pause()
    expect(await plan()).toMatchObject({ action: 'start', changes: [] })
    const ran = await project.sbx(['exec', '--', 'true'])
    expect(ran.exitCode).toBe(125)
    expect(ran.stderr).toMatch(/is paused/)
    expect(await project.ok(['run', '--', '-c', 'echo back'])).toBe('back\n')
    const after = await project.container()
    expect([after.Id, after.State.Status, after.State.StartedAt]).toEqual([
      before.Id,
      'running',
      before.State.StartedAt,
    ])
  })

  test('a stopped container must be started', async () => {
    await project.docker.getContainer(id).stop()
    expect((await plan()).action).toBe('start')
    await expectPutBack()
    expect((await project.container()).Id).toBe(id)
  })

  test('a container that was removed must be created on the home that is left', async () => {
    await project.docker.getContainer(id).remove({ force: true })
    expect((await plan()).action).toBe('create')
    await expectPutBack()
  })

  test('a record that was pruned must be planned and written again, without a restart', async () => {
    const before = await project.container()
    const { Volumes: volumes } = await project.docker.listVolumes({
      filters: JSON.stringify({ label: [`dev.sbx.scope=${project.scope}`, 'dev.sbx.role=record'] }) as never,
    })
    expect(volumes).toHaveLength(1)
    for (const { Name } of volumes) await project.docker.getVolume(Name).remove()
    expect((await project.sbx(['exec', '--', 'true'])).exitCode).toBe(125)
    expect(await plan()).toMatchObject({ action: 'update', reason: 'missing' })
    await expectPutBack()
    const after = await project.container()
    expect([after.Id, after.State.StartedAt]).toEqual([before.Id, before.State.StartedAt])
  })
})
