import type { SandboxPlan } from '../model/plan.js'
import { painted, renderLines, type Line } from './line.js'
import { removalLines } from './plan-text/removal.js'
import { withTilde } from './quantities.js'
import { plainStyle, type Style } from './style.js'

/** What `sbx prune` would remove, sandbox by sandbox. */
export function pruneText(plans: readonly SandboxPlan[], style: Style = plainStyle): string[] {
  const lines = plans.flatMap((plan): Line[] => [
    ['  ', painted('strong', plan.name), `  ${reasonText(plan)}`],
    ...removalLines(plan, style),
  ])
  return renderLines(lines, style)
}

function reasonText({ action, reason, current }: SandboxPlan): string {
  if (action === 'update') return 'left by an unfinished apply'
  if (reason === 'missing') return 'an orphan: its workspace is gone'
  return current === null ? 'no sandbox uses it' : 'not needed'
}

/** What a machine keeps of a sandbox whose folder is gone: its grants by key. */
export type KeptOfGone = {
  readonly id: string
  readonly workspace: string
  readonly grants: Readonly<Record<string, unknown>>
}

/** What `sbx prune` would have forgotten, in the order of ids. */
export function goneApprovalsText(gone: readonly KeptOfGone[], home: string, style: Style = plainStyle): string[] {
  const lines = gone.flatMap(({ id, workspace, grants }): Line[] => {
    const keys = Object.keys(grants).sort()
    return [
      ['  ', painted('strong', id), `  its folder ${withTilde(workspace, home)} is gone, and no sandbox is left of it`],
      [
        '      ',
        painted('removed', '-'),
        ` approvals   ${keys.length === 0 ? 'of nothing beyond the workspace' : keys.join(', ')}`,
      ],
    ]
  })
  return renderLines(lines, style)
}

/** Of approvals that stay since nobody knows which engine still needs them; `command` lists them. */
export function unknownText(count: number, command: string): string[] {
  if (count === 0) return []
  const of = count === 1 ? 'a folder that is gone' : `${String(count)} folders that are gone`
  return [`Approvals of ${of} stay: which engines they are for was not written down, and one may need them. ${command}`]
}
