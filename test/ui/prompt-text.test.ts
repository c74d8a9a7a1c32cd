import { describe, expect, test } from 'vitest'
import { diagnosticText } from '../../src/ui/diagnostic-text.js'
import type { PlannedSandbox } from '../../src/ui/plan-text/context.js'
import { changeQuestion, refusal, widenQuestion } from '../../src/ui/prompt-text.js'
import { context, grants, situations } from './situations.js'

function situation(name: string): readonly PlannedSandbox[] {
  const planned = situations[name]
  if (planned === undefined) throw new Error(`no situation ${name}`)
  return planned
}

const widening = grants.filter((grant) => grant.widens)

describe('a question', () => {
  test.each([
    ['create', 'Create web?'],
    ['update', 'Update web?'],
    ['recreate', 'Recreate web? 3003 paths outside what is kept will be lost, 1 open session will be ended.'],
    ['remove', 'Remove web? 3003 paths outside what is kept will be lost, 1 open session will be ended.'],
  ])('%s', (name, question) => {
    expect(changeQuestion(situation(name))).toBe(question)
  })

  test('about access lists what is reached, with the home folder as a person writes it', () => {
    expect(widenQuestion(situation('create'), widening.slice(0, 2), context)).toEqual([
      '  ! mount:/data: read-only host folder ~/datasets',
      '  ! mount:/models: read-write host folder ~/models (trained weights go here)',
      'Let web reach these?',
    ])
  })
})

describe('a refusal', () => {
  test('names exactly the flags that would allow it', () => {
    const command = (needed: Partial<Parameters<typeof refusal>[2]>): string | undefined =>
      refusal('sbx apply', situation('recreate'), { yes: false, discard: false, widening: [], ...needed }).command
    expect(command({ yes: true })).toBe('sbx apply --yes')
    expect(command({ discard: true })).toBe('sbx apply --discard')
    expect(command({ yes: true, widening: widening.slice(0, 1) })).toBe('sbx apply --yes --allow mount:/data')
    expect(command({ widening })).toBe('sbx apply --allow-widen')
    expect(command({ yes: true, discard: true, widening: widening.slice(1, 3) })).toBe(
      'sbx apply --yes --allow mount:/models --allow socket --discard',
    )
  })

  test('quotes a key for the shell', () => {
    const grant = { key: "env-file:it's $HOME", value: 'x', summary: 'x', widens: true }
    const { command } = refusal('sbx run', situation('create'), { yes: false, discard: false, widening: [grant] })
    expect(command).toBe("sbx run --allow 'env-file:it'\\''s $HOME'")
  })

  test('says what was needed', async () => {
    const needed = { yes: true, discard: true, widening: widening.slice(1, 2) }
    const lines = diagnosticText([refusal('sbx apply', situation('recreate'), needed)], context)
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/refusal.txt')
  })
})
