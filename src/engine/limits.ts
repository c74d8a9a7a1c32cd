// The limits of a sandbox: whether the engine can hold them at all, and how they change while it runs.

import { DiagnosticError } from '../model/diagnostic.js'
import { canonicalJson } from '../model/json.js'
import type { StepResult } from '../model/engine.js'
import type { LimitsSpec } from '../model/spec.js'
import type { Client } from './client.js'
import { observedLimits, updateLimits } from './translate.js'

/** Of `GET /info`, what is read here; false where the engine's machine or its user has no such control. */
export type Controls = {
  readonly MemoryLimit?: boolean | undefined
  readonly CpuCfsQuota?: boolean | undefined
}

/**
 * Throws where a limit would be taken and not held: without a word on an engine without control groups, and with a
 * warning that an update repeats for ever on one that has some of them. The number of processes is not looked at, as
 * every sandbox has one, asked for or not. One GET, and none where neither CPUs nor memory are limited.
 */
export async function checkLimits(client: Client, limits: LimitsSpec): Promise<void> {
  if (limits.cpus === undefined && limits.memory === undefined) return
  const controls = (await client.call('see what it can limit', client.docker.info())) as Controls
  const missing = unheld(limits, controls)
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
export function unheld(limits: LimitsSpec, controls: Controls): readonly ('cpus' | 'memory')[] {
  return [
    ...(limits.cpus !== undefined && controls.CpuCfsQuota === false ? (['cpus'] as const) : []),
    ...(limits.memory !== undefined && controls.MemoryLimit === false ? (['memory'] as const) : []),
  ]
}

/** The engine answers 200 to what it ignores, so it is asked afterwards. */
export async function changeLimits(client: Client, id: string, limits: LimitsSpec): Promise<StepResult> {
  await checkLimits(client, limits)
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
