// An engine that dies in the middle of an apply and comes back, and one whose disk is full.

import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Project } from '../e2e/support/project.js'
import { call } from './support/call.js'
import { startFaultyProxy, type CallName } from './support/faulty-proxy.js'
import { OwnEngine } from './support/own-engine.js'
import { tell } from './support/results.js'
import { damage, mark, running, see } from './support/sandbox.js'

let project: Project
/** The same project, its objects looked for on the engine that may die. */
let there: Project
let engine: OwnEngine
beforeEach(async () => {
  project = await Project.create()
  await project.write(file(0))
})
afterEach(async () => {
  await engine.stop()
  await project.remove()
})

const apply = ['apply', '--yes', '--discard', '--allow-widen']
const file = (round: number): string =>
  `agent: shell\nname: web\nnetwork: none\nenv: { ROUND: "${round}" }\nmounts: [{ source: ., target: /m${round % 2} }]\n`

async function begin(size?: string): Promise<void> {
  await project.ok(apply)
  const { Image: image } = (await project.container()).Config
  engine = await OwnEngine.create(size === undefined ? {} : { size })
  there = Object.create(project, { docker: { value: engine.docker } }) as Project
  await engine.load(image)
  await applied()
  await mark(there)
}

async function applied(): Promise<void> {
  const { exitCode, stderr } = await call(project, apply, { DOCKER_HOST: `unix://${engine.socket}` })
  expect(stderr, `apply exited ${exitCode}`).toSatisfy(() => exitCode === 0)
  const planned = await call(project, ['plan', '--detailed-exitcode'], { DOCKER_HOST: `unix://${engine.socket}` })
  expect(planned).toMatchObject({ exitCode: 0 })
  const seen = await see(there)
  expect(running(seen)).toHaveLength(1)
  expect([seen.containers.length, seen.records.length]).toEqual([1, 1])
}

test('an engine that is killed after any call that changes something, and started again, is no obstacle', async () => {
  await begin()
  const proxy = await startFaultyProxy(project.beside('faulty.sock'), engine.socket)
  const through = { DOCKER_HOST: proxy.endpoint }
  try {
    await project.write(file(1))
    proxy.arm(null)
    expect(await call(project, apply, through)).toMatchObject({ exitCode: 0 })
    const calls: readonly CallName[] = proxy.calls.filter((at) => !/^(GET|HEAD) /.test(at))
    expect(calls.length).toBeGreaterThan(5)
    for (const [index, at] of calls.entries()) {
      await project.write(file(index))
      proxy.arm({ at, fault: 'killed' }, () => engine.kill())
      const { exitCode, stderr } = await call(project, apply, through)
      expect([1, 69], `${at}\n${stderr}`).toContain(exitCode)
      expect(stderr).toMatch(/Cannot reach the container engine/)
      await engine.untilDead()
      await engine.start()
      await applied()
      expect(await damage(there)).toBeNull()
    }
    tell('engine', 'killed and restarted', { calls: calls.length })
  } finally {
    await proxy.close()
  }
})

test('a disk that is full is told, the old one runs on, and with room again the apply goes through', async () => {
  await begin('600m')
  const [before] = running(await see(there))
  const filling = join(engine.data, 'filling')
  const handle = await open(filling, 'w')
  try {
    for (const size of [1 << 20, 1 << 12]) await fill(handle, Buffer.alloc(size))
  } finally {
    await handle.close()
  }
  await project.write(file(1))
  const { exitCode, stderr } = await call(project, apply, { DOCKER_HOST: `unix://${engine.socket}` })
  expect(exitCode, stderr).toBe(1)
  expect(stderr).toMatch(/no space left on device/)
  expect(stderr).not.toMatch(/bug in sbx/)
  expect(running(await see(there))).toEqual([before])
  await rm(filling)
  await applied()
  expect(await damage(there)).toBeNull()
})

async function fill(handle: Awaited<ReturnType<typeof open>>, block: Buffer): Promise<void> {
  for (;;) {
    try {
      const { bytesWritten } = await handle.write(block)
      if (bytesWritten < block.length) return
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return
      throw error
    }
  }
}
