import type { PlannedGrant, SandboxPlan } from '../../model/plan.js'
import type { Origin } from '../../model/config.js'
import { wrapText } from '../characters.js'
import { indented, painted, type Line } from '../line.js'
import { pathText, withTilde } from '../quantities.js'
import type { PlanContext } from './context.js'

/**
 * The grants that need a yes, each with the key that `--allow` takes, and apart from them those that were just typed. Of a
 * new sandbox also those that need none any more, but for hosts, which are told with its network; and of any those that the
 * user's policy says yes to.
 */
export function grantLines(plan: Pick<SandboxPlan, 'action' | 'grants'>, context: PlanContext): Line[] {
  const { action, grants } = plan
  const widening = grants.filter((grant) => grant.widens)
  const isTyped = ({ key }: PlannedGrant): boolean => context.typed?.has(key) === true
  return [
    ...listed(
      questions[action],
      widening.filter((grant) => !isTyped(grant)),
      context,
    ),
    ...listed('given by a flag of this call:', widening.filter(isTyped), context),
    ...(action === 'reuse'
      ? []
      : listed(
          'allowed by your policy:',
          grants.filter(({ by }) => by === 'policy'),
          context,
          ' ',
        )),
    ...(action === 'create'
      ? listed(
          'approved before:',
          grants.filter(({ key, by, widens }) => !widens && by === undefined && !key.startsWith('host:')),
          context,
          ' ',
        )
      : []),
  ]
}

const questions = {
  create: 'needs a yes:',
  reuse: 'has what is not approved any more:',
  start: 'widens access:',
  update: 'widens access:',
  recreate: 'widens access:',
  remove: 'widens access:',
} as const satisfies Record<SandboxPlan['action'], string>

function listed(title: string, grants: readonly PlannedGrant[], context: PlanContext, mark = '!'): Line[] {
  if (grants.length === 0) return []
  const paint = mark === '!' ? 'attention' : 'strong'
  return indented(4, [
    [painted(paint, mark), ' ', painted(paint, title)],
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
