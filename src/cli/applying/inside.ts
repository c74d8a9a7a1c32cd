// What is done in a sandbox that runs and needs what no engine is handed: values of this machine, its git.

import { stat } from 'node:fs/promises'
import { fail } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { PrepareStep, Step } from '../../model/plan.js'
import type { DoInside } from '../../plan/apply.js'
import { originOf } from '../../plan/diff.js'
import { inputsDigest } from '../../plan/prepare.js'
import { resolveSession } from '../../resolve/session.js'
import { escapeControls } from '../../ui/characters.js'
import { oneLine } from '../../ui/step-text.js'
import { rememberApplied } from '../approving/approvals.js'
import { readHostLogin } from '../host/host-login.js'
import { callLike } from '../call/call.js'
import { type Invocation, tell } from '../call/invocation.js'
import { outputLines } from '../call/output-lines.js'
import type { PerformOptions } from './perform.js'
import type { Planned } from '../planning/planning.js'
import stepScript from './prepare-step.sh'
import { watchWorkspace } from '../host/workspace-report.js'

/** Of what a command that failed has printed. */
const linesOfFailure = 20

/**
 * To be made before anything is done: a value that is missing on this machine should not cost a sandbox. `flagEnv` is
 * what only this call knows. Throws what `resolveSession` throws.
 */
export async function insideOf(
  invocation: Invocation,
  engine: Engine,
  planned: Planned,
  flagEnv: Readonly<Record<string, string>> = {},
): Promise<Pick<PerformOptions, 'inside' | 'afterwards' | 'owner'>> {
  const { plan, desired, declared } = planned
  const { steps, notes } = plan
  for (const note of notes) {
    if (note.kind !== 'prepare-skipped') continue
    const left = note.runs.map((run) => escapeControls(oneLine(run))).join(', ')
    tell(invocation, [`note: Not run this time: ${left}. To run it: ${callLike(invocation, 'sbx apply')}`])
  }
  const isDone = (what: Step['do']): boolean => steps.some((step) => step.do === what)
  const owner = desired.clone !== undefined && isDone('create-container') ? await ownerOf(desired.workspace) : null
  const owned = owner === null ? {} : { owner }
  if (!isDone('prepare') && !isDone('seed-workspace')) return owned
  const prepare = isDone('prepare') ? await preparing(engine, planned, flagEnv) : null
  let tellChanges: (() => Promise<void>) | null = null
  return {
    ...owned,
    afterwards: async () => tellChanges?.(),
    async inside(step, ...rest) {
      switch (step.do) {
        case 'prepare':
          if (tellChanges === null) {
            // What it has now it has, whether its project becomes ready or not.
            await rememberApplied(invocation, engine, planned)
            tellChanges = await watchWorkspace(invocation, declared.host, desired.containerSpec, true)
          }
          return prepare?.(step, ...rest)
        case 'seed-workspace': {
          const { seeding } = await import('../clone/seed.js')
          return seeding(engine, declared.host, desired.containerSpec)(step, ...rest)
        }
      }
    },
  }
}

/** In numbers, `user:group`. */
async function ownerOf(folder: string): Promise<string> {
  const { uid, gid } = await stat(folder)
  return `${uid}:${gid}`
}

async function preparing(
  engine: Engine,
  planned: Planned,
  flagEnv: Readonly<Record<string, string>>,
): Promise<DoInside<PrepareStep>> {
  const { desired, declared } = planned
  const { agent } = declared.template
  const { containerSpec, recordSpec: record, origins } = desired
  const hostLogin = containerSpec.credentials === 'host' ? await readHostLogin(agent, declared.host) : null
  const resolve = await resolveSession({
    ...{ record, containerSpec, agent, host: declared.host, command: { argv: [] }, hostLogin, flagEnv, origins },
    isTerminal: false,
  })
  const { env, workingFolder } = resolve(hostLogin !== null)
  return async ({ key, run }, containerId, tell, signal) => {
    const { stream, last } = outputLines(tell, linesOfFailure)
    const spec = desired.prepare?.find((each) => each.key === key)
    const what = spec === undefined ? key : `${key}-${inputsDigest(spec)}`
    const argv = ['/bin/sh', '-c', stepScript, 'sh', what, run]
    const doing = `run ${oneLine(run)}`
    const command = { argv, user: 'agent', env, workingFolder, doing } as const
    const { exitCode } = await engine.pipe(containerId, command, { output: stream }, signal)
    if (exitCode === 0) return
    const lines = last()
    const said = lines.length === 0 ? 'It printed nothing.' : 'The last that it printed:'
    const origin = originOf(origins, ['prepare', run])
    fail('prepare/failed', 'A command of prepare failed', {
      detail: [`${oneLine(run)} ended with exit code ${exitCode}. ${said}`, ...lines].join('\n'),
      at: origin?.kind === 'file' ? origin.at : undefined,
    })
  }
}
