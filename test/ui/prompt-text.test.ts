import { describe, expect, test } from 'vitest'
import type { OpenSession } from '../../src/model/risks.js'
import { diagnosticText } from '../../src/ui/diagnostic-text.js'
import type { PlannedSandbox } from '../../src/ui/plan-text/context.js'
import { changeQuestion, refusal, sessionQuestion, waitingText, widenQuestion } from '../../src/ui/prompt-text.js'
import { context, grants, situations } from './situations.js'

function situation(name: string): readonly PlannedSandbox[] {
  const planned = situations[name]
  if (planned === undefined) throw new Error(`no situation ${name}`)
  return planned
}

const nothing = { yes: false, discard: false, sessions: false, widening: [] }
const widening = grants.filter((grant) => grant.widens)

describe('a question', () => {
  test.each([
    ['create', 'Create web?'],
    ['update', 'Update web?'],
    ['recreate', 'Recreate web? 3009 files, 150 MB outside kept paths will be lost.'],
    ['remove', 'Remove web? 3009 files, 150 MB outside kept paths will be lost.'],
  ])('%s', (name, question) => {
    expect(changeQuestion(situation(name))).toBe(question)
  })

  test('about sessions tells of each what is known', () => {
    const [planned] = situation('recreate')
    if (planned?.risks === undefined) throw new Error('no risks')
    expect(sessionQuestion([planned])).toBe('1 open session (pts/0, claude, open 12 minutes) will be ended. End it?')
    const unknown = { command: null, terminal: null, seconds: null }
    const sessions = [unknown, ...Array.from({ length: 5 }, () => ({ ...unknown, command: 'sh' }))]
    expect(sessionQuestion([{ ...planned, risks: { ...planned.risks, sessions } }])).toBe(
      '6 open sessions (sh; sh; sh; 2 more) will be ended. End them?',
    )
    const detached = { command: 'claude', terminal: null, seconds: 180, id: '65a0b1c2d3' }
    expect(waitingText('web', [detached])).toContain('1 open session (nobody attached, claude, open 3 minutes) of web.')
    expect(waitingText('web', [unknown])).toBe(
      'Waiting for 1 open session of web. Nothing was done yet; Ctrl-C leaves it at that.',
    )
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
  test('says that a session which nobody is attached to may go on for ever', () => {
    const detached = { command: 'claude', terminal: null, seconds: 720, id: '6b031a34ca' }
    const detailOf = (session: OpenSession): string => {
      const left = situation('recreate').map((each): PlannedSandbox => {
        return each.risks === undefined ? each : { ...each, risks: { ...each.risks, sessions: [session] } }
      })
      return refusal('sbx apply', left, { ...nothing, sessions: true }).detail ?? ''
    }
    expect(detailOf(detached)).toContain('may never end by itself: sbx attach shows it.')
    expect(detailOf({ ...detached, terminal: 'pts/0' })).not.toContain('sbx attach')
  })

  test('names exactly the flags that would allow it', () => {
    const command = (needed: Partial<Parameters<typeof refusal>[2]>): string | undefined =>
      refusal('sbx apply', situation('recreate'), { ...nothing, ...needed }).command
    expect(command({ yes: true })).toBe('sbx apply --yes')
    expect(command({ discard: true })).toBe('sbx apply --keep')
    expect(command({ sessions: true })).toBe('sbx apply --wait')
    expect(command({ yes: true, widening: widening.slice(0, 1) })).toBe('sbx apply --yes --allow mount:/data')
    expect(command({ widening })).toBe('sbx apply --allow-widen')
    expect(command({ yes: true, discard: true, widening: widening.slice(1, 3) })).toBe(
      'sbx apply --yes --allow mount:/models --allow socket --keep',
    )
  })

  test('of what cannot be kept names the flag that gives it up', () => {
    const [planned] = situation('recreate')
    if (planned === undefined) throw new Error('no situation')
    const plan = { ...planned.plan, keeps: 'copy' as const }
    expect(refusal('sbx apply --keep', [{ ...planned, plan }], { ...nothing, discard: true }).command).toBe(
      'sbx apply --keep --discard',
    )
    expect(refusal('sbx apply --keep', [planned], { ...nothing, discard: true }).command).toBe(
      'sbx apply --keep --discard',
    )
  })

  test('quotes a key for the shell', () => {
    const grant = { key: "env-file:it's $HOME", value: 'x', summary: 'x', widens: true }
    const { command } = refusal('sbx run', situation('create'), { ...nothing, widening: [grant] })
    expect(command).toBe("sbx run --allow 'env-file:it'\\''s $HOME'")
  })

  test('says what was needed', async () => {
    const needed = { yes: true, discard: true, sessions: true, widening: widening.slice(1, 2) }
    const lines = diagnosticText([refusal('sbx apply', situation('recreate'), needed)], context)
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/refusal.txt')
  })
})
