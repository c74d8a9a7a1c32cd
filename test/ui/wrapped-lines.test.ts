import { expect, test } from 'vitest'
import { plainStyle } from '../../src/ui/style.js'
import { wrappedLines } from '../../src/ui/wrapped-lines.js'

const style = { ...plainStyle, columns: 60, isTerminal: true }
const note = 'note: Session 6b031a34ca of web-123456 ended when nobody looked. What changed here: sbx logs web-123456'

test('a long line is broken at words, and a command at its end has a line of its own', () => {
  expect(wrappedLines([note], style)).toEqual([
    'note: Session 6b031a34ca of web-123456 ended when nobody',
    'looked. What changed here:',
    '    sbx logs web-123456',
  ])
  expect(wrappedLines([`  ${'word '.repeat(20)}with sbx rm --volumes it goes`], style)).toEqual([
    `  ${'word '.repeat(11).trim()}`,
    `  ${'word '.repeat(9)}with sbx rm`,
    '  --volumes it goes',
  ])
})

test('what fits and what no terminal shows stays as it is', () => {
  const table = 'NAME    STATUS'
  expect(wrappedLines([table, ''], style)).toEqual([table, ''])
  expect(wrappedLines([note], { ...style, isTerminal: false })).toEqual([note])
})
