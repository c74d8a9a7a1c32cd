// Somebody else changed the sandbox: told apart from an edit of the file, and put back.

import type Docker from 'dockerode'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { onlySandbox, type PlanDocument, type PlannedDocument } from './support/documents.js'
import { Project } from './support/project.js'

const mebibyte = 2 ** 20

// Each test begins where the one before has put things back, and its plan shows whether that was done.
describe('a sandbox that was changed by hand', () => {
  let project: Project
  beforeAll(async () => {
    project = await Project.create()
    await limitPids(300)
    await apply()
    await project.inside('echo kept > ~/note')
  })
  afterAll(async () => {
    await project.remove()
  })

  async function plan(): Promise<PlannedDocument> {
    return onlySandbox(await project.json<PlanDocument>(['plan']))
  }

  async function apply(): Promise<void> {
    await project.ok(['apply', '--yes', '--discard'])
  }

  async function limitPids(pids: number): Promise<void> {
    await project.write(`agent: shell\nresources: { memory: 256m, pids: ${String(pids)} }\n`)
  }

  async function byHand(): Promise<Docker.Container> {
    return project.docker.getContainer((await project.container()).Id)
  }

  test('limits must be shown as drift and put back in place', async () => {
    const before = await project.container()
    await (await byHand()).update({ Memory: 128 * mebibyte, MemorySwap: 128 * mebibyte, PidsLimit: 50 })
    const { action, reason, changes } = await plan()
    expect({ action, reason }).toEqual({ action: 'update', reason: 'drifted' })
    const drift = { op: 'change', effect: 'live', origin: 'drift' }
    expect(changes).toEqual([
      expect.objectContaining({ ...drift, path: '/resources/memory', before: 128 * mebibyte, after: 256 * mebibyte }),
      expect.objectContaining({ ...drift, path: '/resources/pids', before: 50, after: 300, last_applied: 300 }),
    ])
    expect((await project.sbx(['plan', '--detailed-exitcode'])).exitCode).toBe(2)
    await apply()
    const after = await project.container()
    expect([after.Id, after.State.StartedAt]).toEqual([before.Id, before.State.StartedAt])
    expect([after.HostConfig.Memory, after.HostConfig.PidsLimit]).toEqual([256 * mebibyte, 300])
  })

  test('an edit beside a drift must be told apart from it, setting by setting', async () => {
    await (await byHand()).update({ Memory: 128 * mebibyte, MemorySwap: 128 * mebibyte })
    await limitPids(400)
    const { action, changes } = await plan()
    expect(action).toBe('update')
    expect(changes.map(({ path, origin }) => [path, origin])).toEqual([
      ['/resources/memory', 'drift'],
      ['/resources/pids', 'config'],
    ])
    const text = await project.ok(['plan'])
    expect(text).toMatch(/changed outside sbx/)
    await apply()
    const { HostConfig } = await project.container()
    expect([HostConfig.Memory, HostConfig.PidsLimit]).toEqual([256 * mebibyte, 400])
  })

  test('an edit of what was also changed by hand must show all three values', async () => {
    await (await byHand()).update({ PidsLimit: 50 })
    await limitPids(500)
    const { changes } = await plan()
    expect(changes).toEqual([
      expect.objectContaining({
        path: '/resources/pids',
        origin: 'config',
        before: 50,
        last_applied: 400,
        after: 500,
      }),
    ])
    await apply()
    expect((await project.container()).HostConfig.PidsLimit).toBe(500)
  })

  test('a hand that did what the file says now must cost nothing but a note of it', async () => {
    const before = await project.container()
    await (await byHand()).update({ PidsLimit: 600 })
    await limitPids(600)
    expect((await plan()).action).toBe('update')
    await apply()
    const after = await project.container()
    expect([after.Id, after.State.StartedAt]).toEqual([before.Id, before.State.StartedAt])
  })

  test('a network that was taken away must be shown as drift and put back', async () => {
    const { id } = await byHand()
    const [network] = Object.keys((await project.container()).NetworkSettings.Networks)
    if (network === undefined) throw new Error('the sandbox is on no network')
    await project.docker.getNetwork(network).disconnect({ Container: id })
    const { reason, changes } = await plan()
    expect(reason).toBe('drifted')
    expect(changes).toEqual([expect.objectContaining({ path: '/network', origin: 'drift', last_applied: 'open' })])
    await apply()
    expect(Object.keys((await project.container()).NetworkSettings.Networks)).toEqual([network])
    expect(await project.inside('cat ~/note')).toBe('kept')
  })

  test('a network that was added must be shown as drift and taken away', async () => {
    const [own] = Object.keys((await project.container()).NetworkSettings.Networks)
    const other = `${project.scope}-by-hand`
    const network = await project.docker.createNetwork({ Name: other, Labels: { 'dev.sbx.scope': project.scope } })
    await network.connect({ Container: (await byHand()).id })
    const { reason, changes } = await plan()
    expect(reason).toBe('drifted')
    expect(changes).toEqual([expect.objectContaining({ path: '/network', origin: 'drift', after: 'open' })])
    expect(JSON.stringify(changes)).toContain(other)
    await apply()
    expect(Object.keys((await project.container()).NetworkSettings.Networks)).toEqual([own])
    expect(await project.inside('cat ~/note')).toBe('kept')
    await network.remove()
  })

  test('a paused container must be unpaused and not restarted', async () => {
    const before = await project.container()
    await (await byHand()).pause()
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
    const container = await byHand()
    await container.stop()
    expect(await plan()).toMatchObject({ action: 'start', changes: [] })
    await apply()
    expect((await project.container()).Id).toBe(container.id)
    expect((await project.container()).State.Running).toBe(true)
  })

  test('a container that was removed must be created on the home that is left', async () => {
    await (await byHand()).remove({ force: true })
    expect((await plan()).action).toBe('create')
    await apply()
    expect(await project.inside('cat ~/note')).toBe('kept')
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
    await apply()
    expect(await plan()).toMatchObject({ action: 'reuse', changes: [] })
    const after = await project.container()
    expect([after.Id, after.State.StartedAt]).toEqual([before.Id, before.State.StartedAt])
  })
})
