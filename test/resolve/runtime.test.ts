import { expect, test } from 'vitest'
import { cautions, checkRuntime } from '../../src/resolve/runtime.js'
import { complaints, fromLine } from './fixture.js'

const engine = { runtimes: ['io.containerd.runc.v2', 'runc'], hasSyscallFilter: true, isRootless: false }

async function refusal(isolation: string, runtimes: readonly string[] = engine.runtimes) {
  const check = async (): Promise<void> =>
    checkRuntime({ isolation }, { ...engine, runtimes }, { '/isolation': fromLine(4) })
  return complaints(check())
}

test('a runtime that the engine does not know is an error at its line, with how to get it', async () => {
  const [gvisor] = await refusal('runsc')
  expect(gvisor).toMatchObject({ severity: 'error', code: 'engine/no-runtime', at: { line: 4 } })
  expect(gvisor?.detail).toContain('the engine has io.containerd.runc.v2, runc.')
  expect(gvisor?.detail).toContain('apt-get install runsc')
  expect(gvisor?.detail).toContain('{ "runtimes": { "runsc": { "path": "/usr/bin/runsc" } } }')
  const [kata] = await refusal('kata', [])
  expect(kata?.detail).toContain('the engine has none that it names.')
  expect(kata?.detail).toContain('{ "runtimes": { "kata": { "path": "/usr/bin/kata" } } }')
})

test("one that it knows, and the engine's own, are as they should be", () => {
  checkRuntime({ isolation: 'runc' }, engine, {})
  checkRuntime({}, { ...engine, runtimes: [] }, {})
})

test('an engine that filters no system calls is told of, unless the sandbox has a kernel of its own', () => {
  const without = { ...engine, hasSyscallFilter: false }
  expect(cautions({}, without)).toEqual([expect.stringMatching(/^warning: The engine filters no system calls/)])
  expect(cautions({ isolation: 'runsc' }, without)).toEqual([])
  expect(cautions({}, engine)).toEqual([])
})

test('on an engine without root the agent is root inside, which is told where it should not be', () => {
  const rootless = { ...engine, isRootless: true }
  expect(cautions({ sudo: false }, rootless)).toEqual([expect.stringMatching(/^note: On an engine without root/)])
  expect(cautions({}, rootless)).toEqual([])
})
