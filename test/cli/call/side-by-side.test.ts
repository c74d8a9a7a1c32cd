import { expect, test } from 'vitest'
import { sideBySide } from '../../../src/cli/call/side-by-side.js'

test('as many at a time as are allowed, and the results in the order of the items', async () => {
  let running = 0
  let most = 0
  const ends: (() => void)[] = []
  const all = sideBySide(3, [0, 1, 2, 3, 4], async (item) => {
    most = Math.max(most, ++running)
    await new Promise<void>((resolve) => ends.push(resolve))
    running -= 1
    return item * 10
  })
  while (ends.length < 3) await Promise.resolve()
  // The last one begun ends first.
  for (let ended = 0; ended < 5; ended++) {
    while (ends.length === 0) await Promise.resolve()
    ends.pop()?.()
    await Promise.resolve()
  }
  expect(await all).toEqual([0, 10, 20, 30, 40])
  expect(most).toBe(3)
})

test('what is begun ends before the error of another is thrown, and nothing else is begun', async () => {
  const log: string[] = []
  const slow = withResolvers()
  const all = sideBySide(2, ['fails', 'slow', 'never'], async (item) => {
    log.push(`${item} begun`)
    if (item === 'fails') throw new Error('one failed')
    await slow.promise
    log.push(`${item} ended`)
  })
  slow.resolve()
  await expect(all).rejects.toThrow('one failed')
  expect(log).toEqual(['fails begun', 'slow begun', 'slow ended'])
})

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined
  const promise = new Promise<void>((settle) => (resolve = settle))
  return { promise, resolve }
}
