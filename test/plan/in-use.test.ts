// Which of several containers people work in.

import { expect, test } from 'vitest'
import type { ContainerState, ListedContainer } from '../../src/model/live.js'
import { containerInUse } from '../../src/plan/in-use.js'
import { containerSpec } from '../support/examples.js'
import { webIdentity } from '../support/arbitraries.js'

function container(id: string, state: ContainerState, replaces: string | null, createdAt: number): ListedContainer {
  return {
    ...{ id, name: id, sandbox: { ...webIdentity, inode: '1:1:1' }, state, createdAt, spec: containerSpec, replaces },
    ...{ entrypoint: '1', recipe: '', imageReference: 'acme/agent:1', imageId: 'sha256:1' },
  }
}

/** Of `old` and of `new`, which replaces it, whatever the clock said and in whatever order they are listed. */
function inUse(oldState: ContainerState, newState: ContainerState): readonly (string | undefined)[] {
  const pairs = [1, -1].map((later) => [container('old', oldState, null, 0), container('new', newState, 'old', later)])
  const ids = pairs.flatMap((pair) => [pair, pair.toReversed()]).map((each) => containerInUse(each)?.id)
  return [...new Set(ids)]
}

test.each<[ContainerState, ContainerState, string]>([
  ['running', 'created', 'old'],
  ['exited', 'created', 'old'],
  ['running', 'running', 'new'],
  ['exited', 'running', 'new'],
  ['exited', 'exited', 'new'],
  ['running', 'exited', 'old'],
  ['paused', 'exited', 'old'],
  ['created', 'created', 'new'],
  ['dead', 'created', 'new'],
  ['removing', 'exited', 'new'],
])('of an old one that is %s and a new one that is %s, the %s', (oldState, newState, expected) => {
  expect(inUse(oldState, newState)).toEqual([expected])
})

test('of two that replace the same, the older', () => {
  const siblings = [container('a', 'running', 'gone', 2), container('b', 'running', 'gone', 1)]
  expect(containerInUse(siblings)?.id).toBe('b')
})

test('of none, none; and a circle of replaces ends', () => {
  expect(containerInUse([])).toBeNull()
  expect(containerInUse([container('a', 'running', 'b', 1), container('b', 'running', 'a', 2)])?.id).toBe('a')
})
