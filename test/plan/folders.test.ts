import fc from 'fast-check'
import { expect, test } from 'vitest'
import { folderCounts } from '../../src/plan/folders.js'

test('files are counted by the deepest folders that fit', () => {
  const files = ['/usr/lib/a', '/usr/lib/b', '/opt/tool/x']
  expect(folderCounts(files, 2)).toEqual({
    folders: [
      { path: '/usr/lib', count: 2 },
      { path: '/opt/tool/x', count: 1 },
    ],
    elsewhere: 0,
  })
  expect(folderCounts(files, 3).folders.map(({ path }) => path)).toEqual(['/opt/tool/x', '/usr/lib/a', '/usr/lib/b'])
})

test('the largest are told apart where there are more folders than rows', () => {
  const files = Array.from({ length: 9 }, (_, index) =>
    Array.from({ length: index + 1 }, (_, each) => `/${index}/${each}`),
  )
  const { folders, elsewhere } = folderCounts(files.flat(), 6)
  expect(folders.map(({ path, count }) => `${path} ${count}`)).toEqual(['/8 9', '/7 8', '/6 7', '/5 6', '/4 5'])
  expect(elsewhere).toBe(10)
})

test('many files of one folder are that folder', () => {
  const files = Array.from({ length: 50 }, (_, index) => `/usr/local/lib/tool/${index}`)
  expect(folderCounts(files)).toEqual({ folders: [{ path: '/usr/local/lib/tool', count: 50 }], elsewhere: 0 })
})

test('nothing has no folders', () => {
  expect(folderCounts([])).toEqual({ folders: [], elsewhere: 0 })
})

test('each file is counted once, in a folder or elsewhere', () => {
  const path = fc.array(fc.constantFrom('a', 'b', 'c', 'd', '..', '\n'), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(
      fc.uniqueArray(path.map((segments) => `/${segments.join('/')}`)),
      fc.integer({ min: 2, max: 9 }),
      (files, rows) => {
        const { folders, elsewhere } = folderCounts(files, rows)
        expect(folders.reduce((sum, { count }) => sum + count, elsewhere)).toBe(files.length)
        expect(folders.length).toBeLessThanOrEqual(rows)
        for (const { path, count } of folders) {
          expect(
            files.filter((file) => file === path || file.startsWith(path === '/' ? path : `${path}/`)),
          ).toHaveLength(count)
        }
      },
    ),
  )
})
