import { describe, expect, test } from 'vitest'
import type { PrepareStep } from '../../src/model/plan.js'
import type { StepEvent } from '../../src/model/step-event.js'
import { openProgress, type Progress } from '../../src/ui/progress.js'
import { plainStyle, type Style } from '../../src/ui/style.js'
import { recordedStream } from './recorded-stream.js'
import { situations } from './situations.js'

const plan = situations['recreate']?.[0]?.plan
if (plan === undefined) throw new Error('no such situation')
const { steps } = plan

function event(index: number, kind: 'begun' | 'done' | 'failed' | 'undone'): StepEvent {
  const step = steps[index]
  if (step === undefined) throw new Error(`the plan has no step ${index}`)
  return { step, index, count: steps.length, kind }
}

function progressLine(index: number, line: string): StepEvent {
  return { ...event(index, 'begun'), kind: 'progress', line }
}

function transferred(layersDone: number, bytes: number): StepEvent {
  const transfer = { layers: 3, layersDone, bytes, bytesTotal: 20_400_000 }
  return { ...event(0, 'begun'), kind: 'transfer', transfer }
}

/** A clock that goes on by 200 ms whenever it is looked at. */
function steadyClock(): () => number {
  let now = 0
  return () => (now += 200)
}

async function whole(progress: Progress): Promise<void> {
  for (const index of steps.keys()) {
    progress.onStep(event(index, 'begun'))
    progress.onStep(event(index, 'done'))
  }
  await progress.close()
}

describe('progress beyond a terminal', () => {
  test('is a line a step, and one when a long step begins', async () => {
    const stream = recordedStream()
    await whole(await openProgress(plan, { stream, style: plainStyle, clock: steadyClock() }))
    await expect(stream.text()).toMatchFileSnapshot('golden/progress-done.txt')
  })

  test('leaves what a step printed to the diagnostic, and tells what is taken back', async () => {
    const stream = recordedStream()
    const progress = await openProgress(plan, { stream, style: plainStyle, clock: steadyClock() })
    progress.onStep(event(0, 'begun'))
    for (let line = 1; line <= 30; line++) progress.onStep(progressLine(0, `layer ${line}`))
    progress.onStep(event(0, 'failed'))
    progress.onStep(event(3, 'undone'))
    await progress.close()
    expect(stream.text()).not.toContain('layer ')
    expect(stream.text()).toMatch(/pull acme\/py:2 failed\n {2}taken back: stop sbx-web-3f2a1c-agent-9b1c04aa\n$/)
  })

  test('is a line for each layer that a pull has, with what it has of all', async () => {
    const stream = recordedStream()
    const progress = await openProgress(plan, { stream, style: plainStyle, clock: steadyClock() })
    progress.onStep(event(0, 'begun'))
    progress.onStep(transferred(0, 1_000_000))
    progress.onStep(transferred(1, 12_345_678))
    progress.onStep(transferred(1, 20_000_000))
    progress.onStep(transferred(3, 20_400_000))
    await progress.close()
    expect(stream.text().split('\n').slice(1)).toEqual([
      '      1 of 3 layers, 12.3 of 20.4 MB',
      '      3 of 3 layers, 20.4 of 20.4 MB',
      '',
    ])
  })
})

describe('progress on a terminal', () => {
  const style: Style = { ...plainStyle, isTerminal: true }
  const terminal = (): ReturnType<typeof recordedStream> =>
    Object.assign(recordedStream(), { isTTY: true, columns: 80, rows: 24 })

  test('ends with every step and its time, the cursor shown, the stream as it was', async () => {
    const stream = terminal()
    await whole(await openProgress(plan, { stream, style, clock: steadyClock() }))
    const last = stream.text().slice(-2000)
    for (const [index] of steps.entries()) expect(last).toContain(`[${index + 1}/7] `)
    expect(last.match(/0\.2s/g)?.length).toBeGreaterThanOrEqual(7)
    expect(last.endsWith('\u001b[?25h')).toBe(true)
    stream.write('after')
    expect(stream.text().endsWith('after')).toBe(true)
  })

  test('stops drawing after a failure and then tells what was taken back', async () => {
    const stream = terminal()
    const progress = await openProgress(plan, { stream, style, clock: steadyClock() })
    progress.onStep(event(0, 'begun'))
    progress.onStep(event(0, 'done'))
    progress.onStep(event(1, 'begun'))
    progress.onStep(event(1, 'failed'))
    progress.onStep(event(3, 'undone'))
    await progress.close()
    expect(stream.text()).toMatch(/\u001b\[\?25h {2}taken back: stop sbx-web-3f2a1c-agent-9b1c04aa\n$/)
  })

  test('gives the terminal back when the apply ends in the middle of a step', async () => {
    const stream = terminal()
    const progress = await openProgress(plan, { stream, style })
    progress.onStep(event(0, 'begun'))
    progress.onStep(progressLine(0, 'layer 1 of 3'))
    await progress.close()
    expect(stream.text().endsWith('\u001b[?25h')).toBe(true)
  })

  test('shows how far a pull is, in place of what its layers do', async () => {
    const stream = terminal()
    const progress = await openProgress(plan, { stream, style })
    progress.onStep(event(0, 'begun'))
    progress.onStep(transferred(1, 12_345_678))
    progress.onStep(progressLine(0, 'a1b2: Extracting'))
    await progress.close()
    expect(stream.text()).toContain('1 of 3 layers, 12.3 of 20.4 MB')
    expect(stream.text()).not.toContain('Extracting')
  })

  const step: PrepareStep = {
    ...{ do: 'prepare', target: { made: 'agent' }, key: 'k', why: 'new', files: [] },
    run: 'cp package-lock.json /home/agent/a/folder/that/is/far/away/from/anything/package-lock.json',
  }

  test.each([40, 60, 80, 200])('of a long command %i columns have the time', async (columns) => {
    const stream = Object.assign(terminal(), { columns })
    const prepare = { steps: [step], current: null }
    const progress = await openProgress(prepare, { stream, style: { ...style, columns }, clock: steadyClock() })
    progress.onStep({ step, index: 0, count: 1, kind: 'begun' })
    progress.onStep({ step, index: 0, count: 1, kind: 'done' })
    await progress.close()
    const drawn = stream.text().replaceAll('\u001b[?25h', '').trimEnd().split('\n').at(-1) ?? ''
    expect(drawn).toMatch(/\[1\/1\] run cp.*\.\.\..*\.json \.+ +0\.2s$/)
    expect(drawn.slice(drawn.indexOf('[1/1]')).length).toBeLessThanOrEqual(columns - 4)
  })

  test('shows each line that a command prints once', async () => {
    const stream = terminal()
    const progress = await openProgress({ steps: [step], current: null }, { stream, style })
    const said = async (...lines: readonly string[]): Promise<void> => {
      for (const line of lines) progress.onStep({ step, index: 0, count: 1, kind: 'progress', line })
      const drawn = stream.text().length
      await expect.poll(() => stream.text().slice(drawn), { timeout: 20_000 }).toContain(lines.at(-1))
    }
    progress.onStep({ step, index: 0, count: 1, kind: 'begun' })
    // What is told before the list was drawn for the first time goes another way.
    await expect.poll(() => stream.text(), { timeout: 20_000 }).toContain('run cp')
    await said('one')
    await said('two', 'three')
    await progress.close()
    const frames = stream.text().split('[1/1]')
    expect(frames.filter((frame) => (frame.match(/three/g) ?? []).length > 1)).toEqual([])
    expect(frames.some((frame) => /one[^]*two[^]*three/.test(frame))).toBe(true)
  })

  test('draws nothing for a plan without steps', async () => {
    const stream = terminal()
    const progress = await openProgress({ steps: [], current: null }, { stream, style })
    await progress.close()
    expect(stream.text()).toBe('')
  })
})
