// An engine that dies in the middle of an apply and comes back, and one whose disk gets full in the middle.

import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { CallName } from './support/faulty-proxy.js'
import { OwnEngine } from './support/own-engine.js'
import { report, tellProblems } from './support/results.js'
import { running, see } from './support/sandbox.js'
import { scenarios, type Scenario } from './support/scenarios.js'
import { Stage } from './support/stage.js'
import { notNamed, problemsOfEnd, type Trial } from './support/trial.js'

const named = (...names: readonly string[]): readonly Scenario[] => scenarios.filter(({ name }) => names.includes(name))

test('an engine that is killed after any call that changes something, and started again, is no obstacle', async () => {
  await onEngine({}, async (engine) => {
    for (const scenario of named('create', 'update', 'recreate', 'recreate with a snapshot', 'removal')) {
      await tryEach(engine, scenario, 'killed', async (stage, trial) => {
        stage.proxy.arm(trial, () => engine.kill())
        const { exitCode, stderr } = await stage.callThrough(scenario.args)
        await engine.untilDead()
        await engine.start()
        const isTold = exitCode === 69 || exitCode === 1
        return isTold && /Cannot reach the container engine/.test(stderr) ? [] : [`exit ${String(exitCode)}\n${stderr}`]
      })
    }
  })
})

test('a disk that gets full before any call is told, and with room again the apply goes through', async () => {
  await onEngine({ size: '100m' }, async (engine) => {
    const filling = join(engine.data, 'filling')
    for (const scenario of named('create', 'recreate', 'recreate with a snapshot', 'recreate with copied files')) {
      await tryEach(engine, scenario, 'forestalled', async (stage, trial) => {
        const before = await see(stage.project)
        stage.proxy.arm(trial, () => fill(filling))
        const { exitCode, stderr } = await stage.callThrough(scenario.args)
        const problems = exitCode === 0 ? [] : await notNamed(stage, scenario)
        const after = await see(stage.project)
        await rm(filling)
        const isTold = exitCode === 0 || (exitCode === 1 && /no space left on device|disk/i.test(stderr))
        const isAsItWas = exitCode === 0 || running(before).length <= running(after).length || /not-undone/.test(stderr)
        return [
          ...problems,
          ...(isTold && !/bug in sbx/.test(stderr) ? [] : [`exit ${String(exitCode)}\n${stderr}`]),
          ...(isAsItWas ? [] : [`nothing runs, and it does not say so\n${stderr}`]),
        ]
      })
    }
  })
})

async function onEngine(
  options: { readonly size?: string },
  work: (engine: OwnEngine) => Promise<void>,
): Promise<void> {
  const engine = await OwnEngine.create(options)
  try {
    await work(engine)
  } finally {
    await engine.stop()
  }
}

/** At each call that changes something. */
async function tryEach(
  engine: OwnEngine,
  scenario: Scenario,
  fault: 'killed' | 'forestalled',
  attempt: (stage: Stage, trial: Trial) => Promise<readonly string[]>,
): Promise<void> {
  const stage = await Stage.create(engine)
  try {
    const calls: readonly CallName[] = (await stage.record(scenario)).filter((at) => !/^(GET|HEAD) /.test(at))
    const problems: string[] = []
    for (const at of calls) {
      await stage.prepare(scenario)
      const found = await attempt(stage, { at, fault })
      const hasStruck = stage.proxy.hasStruck() ? [] : ['the call was never made']
      const rest = await problemsOfEnd(stage, scenario, await see(stage.project))
      const all = [...hasStruck, ...found, ...rest].map((problem) => `${scenario.name}, ${fault} at ${at}: ${problem}`)
      tellProblems(all)
      problems.push(...all)
    }
    const group = fault === 'killed' ? 'engine killed' : 'disk full'
    report(
      group,
      scenario.name,
      calls.map((at) => ({ at, fault })),
    )
    expect(problems.join('\n\n')).toBe('')
  } finally {
    await stage.remove()
  }
}

async function fill(path: string): Promise<void> {
  const handle = await open(path, 'w')
  try {
    for (const size of [1 << 20, 1 << 12]) await fillWith(handle, Buffer.alloc(size))
  } finally {
    await handle.close()
  }
}

async function fillWith(handle: Awaited<ReturnType<typeof open>>, block: Buffer): Promise<void> {
  for (;;) {
    try {
      const { bytesWritten } = await handle.write(block)
      if (bytesWritten < block.length) return
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return
      throw error
    }
  }
}
