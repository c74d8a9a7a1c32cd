// The first line of a sandbox: its name, what will become of it, and why.

import type { Action, SandboxPlan } from '../../model/plan.js'
import { wrapText } from '../characters.js'
import { lineWidth, painted, type Line, type Part } from '../line.js'
import { counted, durationText, shortId } from '../quantities.js'
import type { PlanContext, PlannedSandbox } from './context.js'
import { isDrift, readiness, workspaceFolder } from './drift.js'

const actionSigns = {
  reuse: '',
  create: painted('added', '  + '),
  start: painted('added', '  > '),
  update: painted('changed', '  ~ '),
  recreate: painted('changed', '-/+ '),
  remove: painted('removed', '  - '),
} as const satisfies Record<Action, Part>

/** One line; with a long name the rest goes below it. */
export function headLines({ plan, profile }: PlannedSandbox, columns: number): Line[] {
  const head: Line = [actionSigns[plan.action], painted('strong', plan.name), ofProfile(profile)]
  const fate = fateText(plan)
  if (lineWidth(head) + 2 + fate.length <= columns) return [[...head, `  ${fate}`]]
  return [head, ...wrapText(fate, columns - 6).map((line): Line => ['      ', line])]
}

/** Each profile is a sandbox of its own, of the one name. */
function ofProfile(profile: string | null = null): string {
  return profile === null ? '' : ` (${profile})`
}

function fateText(plan: SandboxPlan): string {
  const isDrifted = plan.changes.length > 0 && plan.changes.every(isDrift)
  switch (plan.action) {
    case 'reuse':
      return 'stays as it is'
    case 'create':
      return plan.reason === 'missing' ? 'will be created again: its container is gone' : 'will be created'
    case 'start':
      return plan.current?.state === 'paused' ? 'will be unpaused' : 'will be started'
    case 'update':
      if (plan.changes.some((change) => change.effect === 'restart')) return restartText(plan)
      if (plan.reason === 'interrupted_apply') return 'has an unfinished apply; apply finishes it'
      if (plan.changes.length > 0 && plan.changes.every(({ path }) => path === readiness)) {
        return 'is not ready yet; apply waits for it'
      }
      if (plan.reason === 'missing') return 'will be updated in place: the record of what was applied is gone'
      if (isDrifted) return `was changed outside sbx; apply puts ${plan.changes.length === 1 ? 'this' : 'these'} back`
      if (plan.steps.some((step) => step.do === 'stop-proxy')) {
        return 'will be updated in place; sessions go on, connections through its proxy end'
      }
      return 'will be updated in place; running sessions are not interrupted'
    case 'recreate':
      return isDrifted ? recreatedByDrift : recreateText(plan)
    case 'remove':
      return 'will be removed'
  }
}

function restartText({ changes }: SandboxPlan): string {
  if (changes.every(({ effect, path }) => effect !== 'restart' || path === homeFiles)) {
    return 'will be restarted, to bring files of its image into its home'
  }
  if (changes.some(({ path }) => path === workspaceFolder)) {
    return 'will be restarted: its workspace folder was made anew'
  }
  return changes.some(({ effect, path }) => effect === 'restart' && path.startsWith('/hide/'))
    ? 'will be restarted: what is hidden was replaced, and is seen'
    : 'will be restarted: the mark that it is ready is gone'
}

/** Which image the files of the home are of. */
const homeFiles = '/home'

const recreatedByDrift = 'was changed outside sbx and must be recreated'

function recreateText(plan: SandboxPlan): string {
  const forcing = plan.changes.filter((change) => change.effect === 'recreate' && change.origin !== 'image').length
  if (plan.reason === 'drifted') return recreatedByDrift
  if (forcing > 0) return `must be recreated: ${counted(forcing, 'change')} cannot be made to a live container`
  switch (plan.reason) {
    case 'requested':
      return 'will be recreated, as asked'
    case 'image_moved':
      return 'will be recreated from the newer image'
    case 'missing':
      return 'must be recreated: what it needs to start is gone'
    case 'interrupted_apply':
      return 'will be recreated: an apply did not finish'
    case 'new':
    case 'config_changed':
    case 'stopped':
    case 'unchanged':
      return 'must be recreated'
  }
}

/** `web is up to date: running 4 days, config 9f3c1a2, image a1b2c3d4.` */
export function upToDateLine(planned: PlannedSandbox, context: PlanContext): Line {
  const { plan, configDigest, profile } = planned
  const { current } = plan
  const facts = [
    current === null ? '' : stateText(current.state, current.startedAt, context.now),
    configDigest === undefined ? '' : `config ${configDigest}`,
    current === null ? '' : `image ${shortId(current.imageId).slice(0, 8)}`,
  ].filter((fact) => fact !== '')
  return [
    painted('strong', plan.name),
    ofProfile(profile),
    ` is up to date${facts.length === 0 ? '' : `: ${facts.join(', ')}`}.`,
  ]
}

function stateText(state: string, startedAt: string | null, now: Date): string {
  if (state !== 'running' || startedAt === null) return state
  const seconds = (now.getTime() - Date.parse(startedAt)) / 1000
  return Number.isFinite(seconds) && seconds >= 0 ? `running ${durationText(seconds)}` : state
}
