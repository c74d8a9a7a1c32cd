// When a registry is asked for an image: `--pull`, and `--upgrade`, which looks for newer images.

import { parentReferences } from '../../engine/image/parents.js'
import { DiagnosticError, fail } from '../../model/diagnostic.js'
import type { DesiredSandbox } from '../../model/desired.js'
import type { Engine } from '../../model/engine.js'
import type { LiveSandbox } from '../../model/live.js'
import type { SandboxPlan } from '../../model/plan.js'
import type { PlanningOptions } from '../call/options.js'

/** What is live, with what registries have under the names of its images now. GETs alone; the plan has the pulls. */
export async function askRegistry(
  desired: DesiredSandbox,
  live: LiveSandbox,
  engine: Engine,
  { pull, upgrade, tell }: PlanningOptions,
): Promise<LiveSandbox> {
  const isAsked = pull === 'always' || (upgrade === true && pull !== 'never')
  const references = desired.image.steps.flatMap((step) => (step.do === 'pull-image' ? [step.reference] : []))
  if (!isAsked || references.length === 0) return live
  const newer: Record<string, string> = {}
  for (const reference of references) {
    const isThere = (await engine.imageDigests(reference)).length > 0
    const onNone = pull !== 'always' && isThere ? () => tell(noRegistry(reference)) : null
    const digest = await newerDigest(reference, live, engine, onNone)
    if (digest !== null) newer[reference] = digest
  }
  return { ...live, newer }
}

function noRegistry(reference: string): string {
  return `No registry gives ${reference}; what the engine has is compared.`
}

/**
 * Null where the registry has what the engine has. Where none gives the image, `onNone` is called, and without that it
 * is an error: an image that only this engine has is upgraded to nothing, but who writes `always` wants to be told.
 */
async function newerDigest(
  reference: string,
  live: LiveSandbox,
  engine: Engine,
  onNone: (() => void) | null,
): Promise<string | null> {
  let digest: string | null
  try {
    digest = await engine.resolveDigest(reference)
    if (digest === null && onNone === null) await engine.checkPullable(reference)
  } catch (error) {
    if (onNone === null || !(error instanceof DiagnosticError) || error.kind !== 'failed') throw error
    digest = null
  }
  if (digest === null) {
    onNone?.()
    return null
  }
  const images = [reference, ...live.containers.map(({ imageId }) => imageId)]
  for (const image of images) if ((await engine.imageDigests(image)).includes(digest)) return null
  return digest
}

/** For `--pull never`: throws `cli/pull-never` with all that the plan would have to pull. */
export async function refusePulls(desired: DesiredSandbox, plan: SandboxPlan, engine: Engine): Promise<void> {
  const needed = new Set<string>()
  const built = new Set<string>()
  for (const step of plan.steps) {
    if (step.do === 'pull-image') needed.add(step.reference)
    if (step.do !== 'build-image') continue
    for (const reference of parentReferences(step.context)) if (!built.has(reference)) needed.add(reference)
    for (const tag of [step.tag, ...step.aliases]) built.add(tag)
  }
  const missing: string[] = []
  for (const reference of needed) {
    if ((await engine.imageDigests(reference)).length === 0) missing.push(reference)
  }
  if (missing.length === 0) return
  const origin = desired.origins['/template']
  fail('cli/pull-never', 'An image is not on the engine and must not be pulled', {
    detail: `With --pull never: ${missing.join(', ')}. Load it, or leave the option out.`,
    at: origin?.kind === 'file' ? origin.at : undefined,
  })
}
