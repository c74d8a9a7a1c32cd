// For `sbx apply FILE`: exactly the plan that was saved, or nothing. The file says which plan; what is done is planned
// afresh, and only where that comes to the same.

import { resolve } from 'node:path'
import { DiagnosticError, fail } from '../../model/diagnostic.js'
import { readHost } from '../../resolve/host.js'
import { shellWord } from '../../model/shell-word.js'
import { rememberApplied } from '../approving/approvals.js'
import { approve, type ApprovalRequest, isToBeApproved } from '../approving/approve.js'
import { calledAgain, changeFlags } from '../call/change-flags.js'
import { withEngine } from '../call/connect.js'
import type { Declared } from '../declared/declared.js'
import { type Invocation, isInteractive, varied, write } from '../call/invocation.js'
import { forgetLast, notLast, type PlacedPlan } from '../planning/last-plans.js'
import type { ApprovalOptions, ChangeOptions } from '../call/options.js'
import { performPlans } from './perform.js'
import { planSaved } from './plan-saved.js'
import { readyToDo } from './ready-to-do.js'
import { keeping, type Planned } from '../planning/planning.js'
import { decodeSavedPlan, type SavedCall, type SavedPlan } from '../planning/saved-plan.js'
import { readPlanFile } from '../planning/saved-plan-file.js'
import { showPlan } from '../planning/show-plan.js'
import { readDeclaredLocked } from '../declared/template-lock.js'

export async function applySaved(
  invocation: Invocation,
  file: string,
  options: ChangeOptions & ApprovalOptions,
): Promise<number> {
  refuseOtherPlan(invocation, options)
  const path = resolve(invocation.workingFolder, file)
  const { saved, isSealedBy } = await decodeSavedPlan(await readPlanFile(path), file)
  const host = await readHost(invocation.env)
  const isSealed = isSealedBy(await host.digestKey())
  const placed = { saved, path }
  const doubt = isSealed ? await outdated(host.stateFolder, file, placed) : unsealed(file)
  const isApproval = doubt === null
  const declared = await declareSaved(invocation, file, saved, isSealed)
  return withEngine(invocation, host, async (engine) => {
    // Also once more, where sessions were waited for: then anything can have moved.
    const planAgain = async (): Promise<Planned> => {
      const asSaved = await planSaved(invocation, { file, saved, isApproval }, declared, engine)
      // What is to become of the container's own files can be said now, where it was not said then.
      const planned = options.keep === true ? keeping(asSaved) : asSaved
      if (invocation.options.json !== true) {
        await showPlan(invocation, planned, engine, { stream: invocation.output, next: null })
      }
      return planned
    }
    const planned = await planAgain()
    const request = {
      ...(isApproval ? { ...options, ...approvalOf(saved.call) } : options),
      ...{ command: `sbx apply ${shellWord(file)}`, mustAsk: true, engine, replan: planAgain },
    }
    const approved = isToBeApproved(planned) ? await approveSaved(invocation, planned, request, doubt) : planned
    const again = savedCallAgain(invocation, saved, options)
    const doing = await readyToDo(invocation, engine, approved, request, again)
    const exitCode = await performPlans(invocation, engine, [approved.plan], 'Applied', doing)
    await rememberApplied(invocation, engine, approved)
    await forgetLast(host.stateFolder, placed)
    return exitCode
  })
}

/** A flag that would make another plan has no place where one was made already. */
function refuseOtherPlan({ options }: Invocation, { keep: _, discard: __, ...shaping }: ChangeOptions): void {
  const given = [...changeFlags(shaping), ...(options.profile === undefined ? [] : ['--profile'])]
  if (given.length === 0) return
  fail(
    'plan/other-flags',
    'A saved plan is applied as it is',
    { detail: `${given.join(', ')} would make another plan. Give it to sbx plan -o instead.` },
    'usage',
  )
}

/**
 * What brings to its end a saved plan that was stopped in the middle: it does not hold for what is there by then, so the same
 * is planned afresh.
 */
export function savedCallAgain(
  invocation: Pick<Invocation, 'options'>,
  { config, call }: Pick<SavedPlan, 'config' | 'call'>,
  { keep, discard }: ChangeOptions,
): { readonly goOn: string } {
  const { profile } = config
  const options = { ...invocation.options, config: config.file, ...(profile === null ? {} : { profile }) }
  const now = { ...(keep === true ? { keep } : {}), ...(discard === true ? { discard } : {}) }
  return calledAgain({ options }, 'sbx apply', { ...call, ...now })
}

/**
 * By the file of the plan. Without this user's seal that is anyone's word for which file to read, so it has to be the one
 * that this call finds by itself.
 */
async function declareSaved(
  invocation: Invocation,
  file: string,
  { config, call }: SavedPlan,
  isSealed: boolean,
): Promise<Declared> {
  const named = invocation.options.config
  const wanted = isSealed ? config.file : named
  const about = varied(invocation, {
    options: {
      ...(wanted === undefined ? {} : { config: wanted }),
      ...(config.profile === null ? {} : { profile: config.profile }),
    },
  })
  const isOther = named !== undefined && resolve(invocation.workingFolder, named) !== config.file
  const declared = isOther ? null : await readDeclaredLocked(about, call)
  if (declared?.loaded.file === config.file) return declared
  return fail('plan/other-file', 'The saved plan is of another file', {
    detail:
      `${file} was made from ` +
      `${config.file}${isSealed ? '' : ', and has no seal of yours, so that its own word for that is not enough'}. ` +
      'Nothing was done.',
    command: `sbx apply ${shellWord(file)} --config ${shellWord(config.file)}`,
  })
}

/** This user's last word: a yes to the plan, and to what may be lost as far as that was said then. */
function approvalOf({
  discard,
  force,
  wait,
}: SavedCall): Omit<ApprovalOptions, 'allow'> & Pick<ChangeOptions, 'discard'> {
  return {
    ...{ yes: true, allowWiden: true },
    ...(discard === true ? { discard } : {}),
    ...(force === true ? { force } : {}),
    ...(wait === true ? { wait } : {}),
  }
}

function unsealed(file: string): string {
  return (
    `${file} has no seal of yours: it was made by another user or on another machine, or was edited. ` +
    'So it is no approval.'
  )
}

async function outdated(stateFolder: string, file: string, placed: PlacedPlan): Promise<string | null> {
  const why = await notLast(stateFolder, placed)
  return why === null ? null : `${file} ${why}. So it is no approval.`
}

/** `doubt` says why the file itself is no yes; null where it is one. */
async function approveSaved(
  invocation: Invocation,
  planned: Planned,
  request: ApprovalRequest,
  doubt: string | null,
): Promise<Planned> {
  if (doubt === null) return approve(invocation, planned, request)
  if (isInteractive(invocation)) write(invocation, [doubt])
  try {
    return await approve(invocation, planned, request)
  } catch (error) {
    throw error instanceof DiagnosticError ? withReason(error, doubt) : error
  }
}

function withReason(error: DiagnosticError, why: string): DiagnosticError {
  const [first, ...more] = error.diagnostics
  if (first?.code !== 'approval/needed') return error
  return new DiagnosticError([{ ...first, detail: `${why} ${first.detail ?? ''}` }, ...more], error.kind)
}
