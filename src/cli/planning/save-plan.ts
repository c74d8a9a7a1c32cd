// For `sbx plan -o`: the plan with everything that it was made of, sealed by the user who made it.

import { resolve } from 'node:path'
import { entrypointVersion } from '../../engine/labels/entrypoint.js'
import type { Engine } from '../../model/engine.js'
import type { SandboxPlan } from '../../model/plan.js'
import { fingerprintOf, stepDigests } from '../../plan/fingerprint.js'
import { type Invocation, tell } from '../call/invocation.js'
import { rememberLast } from './last-plans.js'
import type { PlanChoices } from '../call/options.js'
import type { Planned } from './planning.js'
import { encodeSavedPlan, type SavedCall, type SavedPlan } from './saved-plan.js'
import { writePlanFile } from './saved-plan-file.js'
import { viewsOf } from './show-plan.js'
import { sbxVersion } from '../call/version.js'

/** `next` is the command that applies it. */
export async function savePlan(
  invocation: Invocation,
  planned: Planned,
  engine: Engine,
  options: PlanChoices,
  { file, next }: { readonly file: string; readonly next: string },
): Promise<void> {
  const [id, name, registry] = await Promise.all([
    engine.id(),
    engine.describe(),
    registryDigests(planned.plan, engine),
  ])
  const views = viewsOf(invocation, planned, { name, endpoint: engine.endpoint }, { stream: invocation.output, next })
  const { desired, loaded, host } = planned.declared
  const saved: SavedPlan = {
    sbx_version: sbxVersion,
    saved_at: new Date().toISOString(),
    config: { file: loaded.file ?? '', profile: loaded.profile, workspace: desired.workspace },
    call: savedCall(options),
    engine: { id, endpoint: engine.endpoint, name },
    made_of: { ...fingerprintOf(desired, planned.live, entrypointVersion), registry },
    steps: stepDigests(planned.plan),
    risks: planned.risks,
    plan: views.document() as SavedPlan['plan'],
    text: views.lines(),
  }
  const path = resolve(invocation.workingFolder, file)
  await writePlanFile(path, encodeSavedPlan(saved, await host.digestKey()))
  await rememberLast(host.stateFolder, { saved, path })
  tell(invocation, [`Saved the plan in ${file}.`])
}

/** What registries have now under the names that would be pulled; null where they do not say. */
export async function registryDigests(
  plan: SandboxPlan,
  engine: Engine,
): Promise<Readonly<Record<string, string | null>>> {
  const references = plan.steps.flatMap((step) => (step.do === 'pull-image' ? [step.reference] : []))
  return Object.fromEntries(
    await Promise.all(references.map(async (reference) => [reference, await engine.resolveDigest(reference)] as const)),
  )
}

const savedFlags = ['upgrade', 'recreate', 'pull', 'locked', 'keep', 'discard', 'refreshHome', 'wait', 'force'] as const

function savedCall(options: PlanChoices): SavedCall {
  return Object.fromEntries(savedFlags.flatMap((flag) => (options[flag] === undefined ? [] : [[flag, options[flag]]])))
}
