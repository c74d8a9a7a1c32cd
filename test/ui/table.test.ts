import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lineWidth, renderLines } from '../../src/ui/line.js'
import { plainStyle } from '../../src/ui/style.js'
import { fittingWidths, tableLines } from '../../src/ui/table.js'

test('columns line up, and numbers end together', () => {
  const lines = tableLines(
    [
      ['/usr/lib', '3001'],
      ['/etc', '1'],
    ],
    { style: plainStyle, numeric: [1], gap: 3 },
  )
  expect(renderLines(lines, plainStyle)).toEqual(['/usr/lib   3001', '/etc          1'])
})

test('the widest column gives way first', () => {
  expect(fittingWidths([4, 30, 20], 34)).toEqual([4, 15, 15])
  expect(fittingWidths([4, 30, 8], 30)).toEqual([4, 18, 8])
  expect(fittingWidths([4, 5], 30)).toEqual([4, 5])
})

test('a table fits wherever its columns can be cut to it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.string(), { minLength: 3, maxLength: 3 }), { minLength: 1 }),
      fc.integer({ min: 22, max: 120 }),
      (rows, columns) => {
        for (const line of tableLines(rows, { style: plainStyle, columns })) {
          expect(lineWidth(line)).toBeLessThanOrEqual(columns)
        }
      },
    ),
  )
})
