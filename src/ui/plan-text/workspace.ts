// Where a new sandbox works: in the folder itself, or in a clone of which the folder is only the place.

import type { SandboxPlan, SeedStep } from '../../model/plan.js'
import type { ContainerSpec } from '../../model/spec.js'
import { painted, type Part } from '../line.js'
import { stays } from './prepare.js'
import { accessText, stringText } from './values.js'

type Setting = { readonly name: string; readonly values: readonly (readonly Part[])[] }

export function workspaceSettings(
  { path, readonly, mode }: ContainerSpec['workspace'],
  plan: SandboxPlan,
  home: string,
): Setting[] {
  const shown = stringText(path, home)
  if (mode !== 'clone') return [{ name: 'workspace', values: [[shown, accessText(readonly)]] }]
  const seed = firstSeed(plan)
  // Of one that is there already nobody here knows what it is at.
  if (seed === undefined) return [{ name: 'workspace', values: [[shown, 'a clone, as it was left']] }]
  return [
    { name: 'workspace', values: [[shown, 'a clone of its own']] },
    { name: 'branch', values: [[`${seed.branch} from ${seed.head.slice(0, 7)}`], [painted('faint', stays)]] },
  ]
}

function firstSeed({ steps }: SandboxPlan): SeedStep | undefined {
  const isNew = steps.some((step) => step.do === 'create-volume' && step.holds === 'workspace')
  return isNew ? steps.find((step) => step.do === 'seed-workspace') : undefined
}
