import fc from 'fast-check'
import { expect, test } from 'vitest'
import { folderCounts, leafCount } from '../../src/ui/plan-text/folders.js'

test('counts what is at the end of a path, by the deepest folders that fit', () => {
  const paths = ['/usr', '/usr/lib', '/usr/lib/a', '/usr/lib/b', '/opt', '/opt/tool', '/opt/tool/x']
  expect(leafCount(paths)).toBe(3)
  expect(folderCounts(paths, 2)).toEqual([
    { path: '/usr/lib', count: 2 },
    { path: '/opt/tool/x', count: 1 },
  ])
  expect(folderCounts(paths, 3).map(({ path }) => path)).toEqual(['/opt/tool/x', '/usr/lib/a', '/usr/lib/b'])
})

test('the counts of all folders are the count of all paths', () => {
  const path = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(
      fc.array(path.map((segments) => `/${segments.join('/')}`)),
      fc.integer({ min: 4, max: 9 }),
      (paths, rows) => {
        const counts = folderCounts(paths, rows)
        expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(leafCount(paths))
        expect(counts.length).toBeLessThanOrEqual(rows)
      },
    ),
  )
})
