// The limits of a sandbox: whether the engine can hold them at all, and how they change while it runs.

import { DiagnosticError } from '../../model/diagnostic.js'
import { canonicalJson } from '../../model/json.js'
import type { StepResult } from '../../model/engine.js'
import type { LimitsSpec } from '../../model/spec.js'
import type { Client } from '../connection/client.js'
import { readFacts, type EngineFacts } from '../connection/facts.js'
import { everySandbox } from './fixed-settings.js'
import { observedLimits, updateLimits } from './translate.js'

/**
 * Throws where a limit would be taken and not held: without a word on an engine without control groups, and with a
 * warning that an update repeats for ever on one that has some of them. The number of processes is not looked at, as
 * every sandbox has one, asked for or not.
 */
export function checkLimits(limits: LimitsSpec, facts: EngineFacts): void {
  const missing = unheld(limits, facts)
  if (missing.length === 0) return
  throw new DiagnosticError([
    {
      severity: 'error',
      code: 'engine/limit-unsupported',
      summary: 'The engine cannot hold a limit',
      detail:
        `It has no control over ${missing.join(' and ')}, so what the file says under \`resources\` would do nothing. ` +
        'An engine without root needs cgroup v2, and a system that delegates these controllers to its user. See to ' +
        'that, take the limit out, or use another engine.',
    },
  ])
}

/** What is said to be missing counts; an engine that says nothing of it is believed. */
export function unheld(limits: LimitsSpec, facts: EngineFacts): readonly ('cpus' | 'memory')[] {
  return [
    ...(limits.cpus !== undefined && facts.CpuCfsQuota === false ? (['cpus'] as const) : []),
    ...(limits.memory !== undefined && facts.MemoryLimit === false ? (['memory'] as const) : []),
  ]
}

/** Puts back what every sandbox has. The engine answers 200 to what it ignores, so it is asked afterwards. */
export async function resetRestartPolicy(client: Client, id: string): Promise<StepResult> {
  const container = client.docker.getContainer(id)
  const { RestartPolicy } = everySandbox.HostConfig
  await client.call('change the restart policy of the sandbox', container.update({ RestartPolicy }))
  const { HostConfig } = await client.call('look at the sandbox', container.inspect())
  const after = HostConfig.RestartPolicy?.Name ?? ''
  if (after !== RestartPolicy.Name) {
    throw new DiagnosticError([
      {
        severity: 'error',
        code: 'engine/restart-policy-ignored',
        summary: 'The engine did not take the restart policy',
        detail: `Asked for ${RestartPolicy.Name}, it has ${JSON.stringify(after)}. \`sbx apply --recreate\` sets it anew.`,
      },
    ])
  }
  return { made: true }
}

/** The engine answers 200 to what it ignores, so it is asked afterwards. */
export async function changeLimits(client: Client, id: string, limits: LimitsSpec): Promise<StepResult> {
  if (limits.cpus !== undefined || limits.memory !== undefined) checkLimits(limits, await readFacts(client))
  const container = client.docker.getContainer(id)
  await client.call('change the limits of the sandbox', container.update(updateLimits(limits)))
  const after = observedLimits((await client.call('look at the sandbox', container.inspect())).HostConfig)
  if (canonicalJson(after) !== canonicalJson(limits)) {
    throw new DiagnosticError([
      {
        severity: 'error',
        code: 'engine/limits-ignored',
        summary: 'The engine did not take the limits',
        detail: `Asked for ${canonicalJson(limits)}, it has ${canonicalJson(after)}. \`sbx apply --recreate\` sets them anew.`,
      },
    ])
  }
  return { made: true }
}
