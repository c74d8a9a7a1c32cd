import { describe, expect, test } from 'vitest'
import { planText } from '../../src/ui/plan-text.js'
import { context, situations } from './situations.js'

describe('the text of a plan', () => {
  test.each(Object.entries(situations))('%s', async (name, planned) => {
    const lines = planText(planned, context)
    expect(lines.filter((line) => line.length > 80)).toEqual([])
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`golden/${name}.txt`)
  })
})
