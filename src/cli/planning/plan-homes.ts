// What a plan can say of a home that is of an earlier image: what images have in their homes, as far as sbx remembers.

import { fail } from '../../model/diagnostic.js'
import type { DesiredSandbox } from '../../model/desired.js'
import type { Engine } from '../../model/engine.js'
import type { ImageHome } from '../../model/home.js'
import type { LiveSandbox } from '../../model/live.js'
import { agentHome } from '../../model/names.js'
import type { SandboxPlan } from '../../model/plan.js'
import type { AgentDescriptor } from '../../model/template.js'
import { comparedImages } from '../../plan/homes.js'
import { planSandbox } from '../../plan/plan.js'
import type { PlanOptions } from '../../plan/situation.js'

/** Most plans compare no homes, and look nowhere. */
export async function planWithHomes(
  cacheFolder: string,
  desired: DesiredSandbox,
  live: LiveSandbox,
  options: PlanOptions,
): Promise<{ readonly plan: SandboxPlan; readonly options: PlanOptions }> {
  const plan = planSandbox(desired, live, options)
  const images = comparedImages(plan, live)
  if (images.length === 0) return { plan, options }
  const { imageHomesIn } = await import('../call/image-homes.js')
  const known = imageHomesIn(cacheFolder)
  const homes: Record<string, ImageHome> = {}
  for (const image of images) {
    const home = await known.get(image)
    if (home !== null) homes[image] = home
  }
  const knowing: PlanOptions = { ...options, homes }
  return { plan: planSandbox(desired, live, knowing), options: knowing }
}

/** Where the agent keeps its login in the home: nothing that an image has there takes its place. */
export function loginPaths({ login }: AgentDescriptor): readonly string[] {
  return (login?.files ?? []).flatMap(({ path }) => (path.startsWith(`${agentHome}/`) ? [path] : []))
}

/** Long before the step that would find it out. Throws `engine/home-unknown`. */
export async function checkHomesKnown(plan: SandboxPlan, { homes }: PlanOptions, engine: Engine): Promise<void> {
  for (const step of plan.steps) {
    if (step.do !== 'compare-homes' || !step.isNeeded || homes?.[step.from] !== undefined) continue
    if ((await engine.imageDigests(step.from)).length > 0) continue
    fail('engine/home-unknown', 'What an image has in the home is not known', {
      detail:
        `The home is of the image ${step.from}, which the engine does not have any more, so that nobody can tell ` +
        'what was changed in it since. Nothing was done; apply without --refresh-home.',
    })
  }
}
