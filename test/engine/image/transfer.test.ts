import { expect, test } from 'vitest'
import { transferOf } from '../../../src/engine/image/transfer.js'

test('a pull is added up over its layers', () => {
  const follow = transferOf()
  expect(follow({ id: '12', status: 'Pulling from acme/agent' })).toBeNull()
  follow({ id: 'a', status: 'Already exists' })
  follow({ id: 'b', status: 'Pulling fs layer' })
  expect(follow({ id: 'c', status: 'Waiting' })).toEqual({ layers: 3, layersDone: 1, bytes: 0, bytesTotal: 0 })
  follow({ id: 'b', status: 'Downloading', progressDetail: { current: 50, total: 200 } })
  expect(follow({ id: 'c', status: 'Downloading', progressDetail: { current: 7 } })).toMatchObject({
    ...{ bytes: 57, bytesTotal: 207 },
  })
  expect(follow({ id: 'b', status: 'Download complete' })).toMatchObject({ layersDone: 1, bytes: 207, bytesTotal: 207 })
  // What is unpacked is counted in other bytes.
  expect(follow({ id: 'b', status: 'Extracting', progressDetail: { current: 900, total: 1000 } })).toMatchObject({
    ...{ bytes: 207, bytesTotal: 207 },
  })
  expect(follow({ id: 'b', status: 'Pull complete' })).toMatchObject({ layers: 3, layersDone: 2 })
  expect(follow({ status: 'Status: Downloaded newer image for acme/agent:12' })).toBeNull()
})
