// Whoever waits longer than a start takes is told what for, and on standard error alone.

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { awaitReady } from '../../../src/cli/applying/await-ready.js'
import type { Engine } from '../../../src/model/engine.js'
import { person } from '../../support/approving.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** What is heard of a wait of so many seconds. */
async function heardOf(seconds: number, quiet = false): Promise<string> {
  const me = person(null)
  const invocation = { ...me.invocation, options: { ...me.invocation.options, quiet } }
  const perform = async () => new Promise((resolve) => setTimeout(() => resolve({}), seconds * 1000))
  const waits = awaitReady(invocation, { perform } as unknown as Engine, 'id', 'web')
  await vi.advanceTimersByTimeAsync(seconds * 1000)
  await waits
  expect(vi.getTimerCount()).toBe(0)
  return me.heard()
}

test('a long wait is told once, a short one is not, and neither where nothing is to be told', async () => {
  expect(await heardOf(600)).toBe('web is not ready yet; waiting for that. Ctrl-C ends the wait.\n')
  expect(await heardOf(1)).toBe('')
  expect(await heardOf(600, true)).toBe('')
})
