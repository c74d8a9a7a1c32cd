import { describe, expect, test } from 'vitest'
import { planText } from '../../src/ui/plan-text.js'
import { context, situations } from './situations.js'
import { recordSpec } from '../support/examples.js'

describe('the text of a plan', () => {
  test.each(Object.entries(situations))('%s', async (name, planned) => {
    const lines = planText(planned, context)
    expect(lines.filter((line) => line.length > 80)).toEqual([])
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`golden/${name}.txt`)
  })
})

test('a record that is there for as long as the apply takes is not told as removed', () => {
  const [planned] = situations['start'] ?? []
  if (planned === undefined) throw new Error('no such situation')
  const sandbox = { id: 'web', displayName: 'web', workspace: '/w', inode: '', agent: 'shell', profile: null }
  const record = { do: 'create-record', name: 'passing', sandbox, spec: recordSpec } as const
  const steps = [record, ...planned.plan.steps, { do: 'remove-record', name: record.name } as const]
  expect(planText([{ ...planned, plan: { ...planned.plan, steps } }], context)).toEqual(planText([planned], context))
})

test.each(['create', 'update', 'no-change'])('%s says which of several profiles it is of', (name) => {
  const [planned] = situations[name] ?? []
  if (planned === undefined) throw new Error('no such situation')
  const text = (profile: string | null) => planText([{ ...planned, profile }], context).join('\n')
  expect(text('review')).toMatch(/\bweb \(review\) +(will be |is up to date)/)
  expect(text(null)).toBe(planText([planned], context).join('\n'))
})
