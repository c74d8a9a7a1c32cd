// What is asked of the engine at once when many files are copied.

import { expect, test } from 'vitest'
import { batchesOf } from '../../../src/engine/archive/copy-batches.js'

const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at)

test('each path is in one batch, which is it or a folder above', () => {
  const tops = numbers(2000).map((at) => `/usr/lib/d${String(at % 700)}/f${String(at)}`)
  const batches = batchesOf([...tops, '/opt/tool', '/file'], [])
  expect(batches.flatMap(({ tops: each }) => each).sort()).toEqual([...tops, '/opt/tool', '/file'].sort())
  for (const { path, tops: each } of batches) {
    for (const top of each) expect(top === path || top.startsWith(`${path}/`)).toBe(true)
  }
})

test('a few are asked for one by one', () => {
  const tops = ['/etc/a', '/etc/b', '/opt/tool', '/usr/lib/x/c', '/usr/lib/x/d']
  expect(batchesOf(tops, []).map(({ path }) => path)).toEqual(tops)
})

test('many are by the deepest folders that are few', () => {
  const scattered = numbers(900).map((at) => `/usr/lib/python/m${String(at % 90)}/f${String(at)}`)
  const together = numbers(50).map((at) => `/usr/share/doc/f${String(at)}`)
  const paths = batchesOf([...scattered, ...together, '/usr/bin/x'], []).map(({ path }) => path)
  expect(paths).toEqual(['/usr/bin/x', '/usr/lib/python', '/usr/share/doc'])
})

test('there are never many of them', () => {
  const tops = numbers(600).map((at) => `/usr/lib/d${String(at % 12)}/e${String(at % 36)}/f${String(at)}`)
  expect(batchesOf(tops, []).length).toBeLessThanOrEqual(32)
})

test('no folder is asked for in which something is mounted', () => {
  const tops = numbers(100).flatMap((at) => [
    `/srv/f${String(at)}`,
    `/srv/data/g${String(at)}`,
    `/srv/own/h${String(at)}`,
  ])
  const paths = batchesOf(tops, ['/srv/data/mount']).map(({ path }) => path)
  expect(paths).toContain('/srv/own')
  expect(paths).toContain('/srv/f7')
  expect(paths).toContain('/srv/data/g7')
  for (const path of ['/srv', '/srv/data', '/']) expect(paths).not.toContain(path)
})

test('thousands of paths a thousand folders deep take no time', () => {
  const deep = 'd/'.repeat(1000)
  const tops = numbers(2000).map((at) => `/usr/${deep}f${String(at)}`)
  expect(batchesOf(tops, [])).toMatchObject([{ tops: { length: 2000 } }])
})
