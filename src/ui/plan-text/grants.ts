import type { PlannedGrant, SandboxPlan } from '../../model/plan.js'
import type { Origin } from '../../model/config.js'
import { wrapText } from '../characters.js'
import { indented, painted, type Line } from '../line.js'
import { pathText, withTilde } from '../quantities.js'
import type { PlanContext } from './context.js'

/** The grants that need a yes, each with the key that `--allow` takes, and apart from them those that were just typed. */
export function grantLines(plan: Pick<SandboxPlan, 'action' | 'grants'>, context: PlanContext): Line[] {
  const { action, grants } = plan
  const widening = grants.filter((grant) => grant.widens)
  if (widening.length === 0) return []
  const isTyped = ({ key }: PlannedGrant): boolean => context.typed?.has(key) === true
  const question = action === 'create' ? 'needs a yes:' : 'widens access:'
  return [
    ...listed(
      question,
      widening.filter((grant) => !isTyped(grant)),
      context,
    ),
    ...listed('given by a flag of this call:', widening.filter(isTyped), context),
  ]
}

function listed(title: string, grants: readonly PlannedGrant[], context: PlanContext): Line[] {
  if (grants.length === 0) return []
  return indented(4, [
    [painted('attention', '!'), ' ', painted('attention', title)],
    ...grants.flatMap((grant): Line[] => {
      const text = [grant.summary, grant.why === undefined ? '' : `(${grant.why})`]
        .filter((part) => part !== '')
        .join(' ')
      const place = originText(grant.origin, context)
      return [
        ['    ', painted('strong', grant.key), ...(place === '' ? [] : ['  ', painted('faint', place)])],
        ...wrapText(withTilde(text, context.home), context.style.columns - 12).map((line): Line => ['        ', line]),
      ]
    }),
  ])
}

export function originText(origin: Origin | undefined, context: Pick<PlanContext, 'workingFolder' | 'home'>): string {
  if (origin === undefined) return ''
  if (origin.kind === 'flag') return origin.flag
  return `${pathText(origin.at.file, context.workingFolder, context.home)}:${origin.at.line}`
}
