// What a person must say yes to before a plan is done. In a terminal they are asked; elsewhere the flags are named that
// would say it, and nothing is done.

import { homedir } from 'node:os'
import { DiagnosticError } from '../model/diagnostic.js'
import type { PlannedGrant } from '../model/plan.js'
import { mountGrantKey } from '../resolve/grants.js'
import { isBeneath } from '../resolve/paths.js'
import { changeQuestion, refusal, widenQuestion } from '../ui/prompt-text.js'
import { shellWord } from '../ui/shell-word.js'
import { ask } from './ask.js'
import { callLike } from './call.js'
import type { Declared } from './declared.js'
import { isInteractive, type Invocation } from './invocation.js'
import type { Planned } from './planning.js'
import type { ApprovalOptions, ChangeOptions } from './options.js'
import { styleOf } from './show-plan.js'

export type ApprovalRequest = ApprovalOptions &
  ChangeOptions & {
    /** The call that is made, to which the refusal adds flags. */
    readonly command: string
    /** Whether a change that neither loses nor widens anything needs a yes too. */
    readonly mustAsk: boolean
    /** Keys of the grants that a person has just typed as flags, and so said yes to. */
    readonly typed?: ReadonlySet<string>
  }

/** Returns when everything is approved; throws with kind `approval` when something is not. */
export async function approve(invocation: Invocation, planned: Planned, request: ApprovalRequest): Promise<void> {
  const { plan, risks } = planned
  checkGrantNames(request.allow, plan.grants)
  const isLossy = risks.discarded.length > 0 || risks.sessions > 0
  const needsYes = request.yes !== true && (request.mustAsk || isLossy)
  const needsDiscard = request.discard !== true && risks.discarded.length > 0
  const widening = request.allowWiden === true ? [] : risks.widening.filter((grant) => !isApproved(grant, request))
  if (!needsYes && !needsDiscard && widening.length === 0) return

  if (!isInteractive(invocation)) {
    const needed = { yes: needsYes, discard: needsDiscard, widening }
    throw new DiagnosticError([refusal(callSoFar(invocation, request), [planned], needed)], 'approval')
  }
  if (widening.length > 0) {
    const context = { style: styleOf(invocation, invocation.errors), home: homedir() }
    const lines = widenQuestion([planned], widening, context)
    invocation.errors.write(
      lines
        .slice(0, -1)
        .map((line) => `${line}\n`)
        .join(''),
    )
    if (!(await ask(invocation, lines.at(-1) ?? ''))) throw declined()
  }
  if ((needsYes || needsDiscard) && !(await ask(invocation, changeQuestion([planned])))) throw declined()
}

function isApproved({ key }: PlannedGrant, { allow, typed }: ApprovalRequest): boolean {
  return typed?.has(key) === true || allow.includes(key)
}

/**
 * Keys of what the flags of one call reach for. Not a mount or a template by a link in the workspace: where that leads, an
 * agent says and not who typed it.
 */
export function typedGrants({ desired, loaded }: Pick<Declared, 'desired' | 'loaded'>): ReadonlySet<string> {
  const { mounts, template } = desired.containerSpec
  const isElsewhere = (written: string | undefined, real: string): boolean =>
    written !== undefined &&
    isBeneath(written, loaded.directory) &&
    desired.workspace + written.slice(loaded.directory.length) !== real
  const throughLinks = Object.entries(mounts)
    .filter(([target, { source }]) => isElsewhere(loaded.config.mounts?.[target]?.source, source))
    .map(([target]) => mountGrantKey(target))
  if (template.kind === 'folder' && isElsewhere(loaded.config.template, template.path)) throughLinks.push('template')
  const typed = desired.grants.filter(({ origin, key }) => origin?.kind === 'flag' && !throughLinks.includes(key))
  return new Set(typed.map(({ key }) => key))
}

/** The call with the flags it has already, so that what is said to copy is whole. */
function callSoFar(invocation: Invocation, request: ApprovalRequest): string {
  const { command, upgrade, recreate, locked, yes, discard, allow, allowWiden } = request
  return [
    callLike(invocation, command),
    ...(upgrade === true ? ['--upgrade'] : []),
    ...(recreate === true ? ['--recreate'] : []),
    ...(locked === true ? ['--locked'] : []),
    ...(yes === true ? ['--yes'] : []),
    ...allow.map((grant) => `--allow ${shellWord(grant)}`),
    ...(allowWiden === true ? ['--allow-widen'] : []),
    ...(discard === true ? ['--discard'] : []),
  ].join(' ')
}

/** Going back from the flags of an earlier `sbx run` to what the file says. */
export async function approveUndoing(
  invocation: Invocation,
  dropped: readonly string[],
  request: { readonly yes?: boolean },
): Promise<void> {
  if (request.yes === true) return
  const flags = dropped.join(' ')
  if (!isInteractive(invocation)) {
    throw new DiagnosticError(
      [
        {
          severity: 'error',
          code: 'approval/flags-dropped',
          summary: 'The sandbox was made with flags that this call does not give',
          detail: `They were: ${flags}. Give them again, or go back to what sandbox.yaml says. Nothing was done.`,
          command: 'sbx run --reset',
        },
      ],
      'approval',
    )
  }
  invocation.errors.write(`The last run had ${flags}; this one does not, and sandbox.yaml says nothing of it.\n`)
  if (!(await ask(invocation, 'Go back to what sandbox.yaml says?'))) throw declined()
}

/** A mistyped name must not look like a yes. */
function checkGrantNames(names: readonly string[], grants: readonly PlannedGrant[]): void {
  const unknown = names.filter((name) => !grants.some((grant) => grant.key === name))
  if (unknown.length === 0) return
  const known = grants.map((grant) => grant.key)
  throw new DiagnosticError(
    [
      {
        severity: 'error',
        code: 'approval/unknown-grant',
        summary: 'There is no such grant in this plan',
        detail:
          `--allow names ${unknown.join(', ')}. ` +
          (known.length === 0 ? 'This plan asks for none.' : `This plan has ${known.join(', ')}.`),
      },
    ],
    'usage',
  )
}

function declined(): DiagnosticError {
  return new DiagnosticError(
    [{ severity: 'error', code: 'approval/declined', summary: 'Not approved', detail: 'Nothing was done.' }],
    'approval',
  )
}
