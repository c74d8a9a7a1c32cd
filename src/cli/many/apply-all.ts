// Applies every sandbox.yaml below some folders: planned together, approved together, done a few at a time. One that fails
// keeps none of the others from being done.

import { DiagnosticError, exitCodes } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { SandboxPlan } from '../../model/plan.js'
import type { Applied } from '../../model/step-event.js'
import { sharingImages } from '../../plan/images-once.js'
import { readHost } from '../../resolve/host.js'
import { errorsJson } from '../../ui/errors-json.js'
import { planEvent, summaryEvent } from '../../ui/events-json.js'
import { declareAll, planAllDeclared, type Failed, type PlannedFile } from './all.js'
import { rememberApplied } from '../approving/approvals.js'
import { approveAll } from './approve-all.js'
import { isToBeApproved } from '../approving/approve.js'
import { calledAgain } from '../call/change-flags.js'
import { commandForAll } from '../call/call.js'
import { withEngine } from '../call/connect.js'
import { type Invocation, print, printJsonLine, tell, telling, varied } from '../call/invocation.js'
import { awaitNoSession } from '../approving/open-sessions.js'
import type { ApprovalOptions, ChangeOptions } from '../call/options.js'
import { readyToDo } from '../applying/ready-to-do.js'
import { countText, homesText, performPlan } from '../applying/perform.js'
import { planDeclared, type Planned } from '../planning/planning.js'
import { isSameFate } from '../approving/same-fate.js'
import { showAll, tellFailed } from './show-all.js'
import { sideBySide } from '../call/side-by-side.js'
import { sbxVersion } from '../call/version.js'

/** How many sandboxes are made or changed at a time: enough to fill the waiting of each, few enough for a laptop. */
const atOnce = 3

type Done = { readonly plan: SandboxPlan; readonly applied: Applied }

/**
 * Exit code 1 where one of them failed, be it to plan or to be done; 3 where an approval is missing, with nothing done, or
 * where nothing failed but for one that did not hold any more.
 */
export async function applyAll(
  invocation: Invocation,
  folders: readonly string[],
  options: ChangeOptions & ApprovalOptions,
): Promise<number> {
  const host = await readHost(invocation.env)
  const all = await declareAll(invocation, host, folders, options)
  return withEngine(invocation, host, (engine) => applyAllOn(invocation, engine, all, folders, options))
}

/** The same, on this engine. */
export async function applyAllOn(
  invocation: Invocation,
  engine: Engine,
  all: Awaited<ReturnType<typeof declareAll>>,
  folders: readonly string[],
  options: ChangeOptions & ApprovalOptions,
): Promise<number> {
  const isJson = invocation.options.json === true
  const planned = await planAllDeclared(invocation, engine, all, options)
  if (isJson) planned.failed.forEach((each) => printFailed(invocation, each))
  else await showAll(invocation, planned, engine, null)

  const changing = planned.planned.filter((each) => isToBeApproved(each.planned))
  const same = planned.planned.filter((each) => !isToBeApproved(each.planned))
  const isWhole = planned.failed.length === 0
  const request = { ...options, command: commandForAll(folders), mustAsk: true, isWhole }
  const approved =
    changing.length === 0
      ? { planned: [], waits: false }
      : await approveAll(
          invocation,
          changing.map((each) => each.planned),
          planned.planned.map((each) => each.planned),
          request,
        )
  if (isJson) {
    const plans = [...approved.planned, ...same.map((each) => each.planned)].map(({ plan }) => plan)
    printJsonLine(invocation, planEvent(plans, { sbxVersion, now: new Date() }))
  }
  for (const each of same) await rememberApplied(invocation, engine, each.planned)
  const begun = performance.now()
  const failed: Failed[] = []
  const sharing = sharingImages(engine)
  const files = approved.planned.map((one, at): PlannedFile => ({ file: changing[at]?.file ?? '', planned: one }))
  const done = await sideBySide(atOnce, files, async (each): Promise<Done | null> => {
    if (invocation.signal.aborted) return null
    try {
      return await applyOne(invocation, sharing, each, { ...options, waits: approved.waits })
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      failed.push({ file: each.file, error })
      if (isJson) printFailed(invocation, { file: each.file, error })
      return null
    }
  })
  const succeeded = done.filter((each) => each !== null)
  if (isJson) {
    const unchanged = same.map(({ planned: { plan } }): Done => ({ plan, applied: unchangedOf(plan) }))
    const isErrored = planned.failed.length + failed.length > 0
    printJsonLine(invocation, { ...summaryEvent([...unchanged, ...succeeded]), errored: isErrored })
  } else {
    tellFailed(invocation, failed)
    const milliseconds = performance.now() - begun
    if (succeeded.length > 0)
      print(invocation, [
        countText(
          succeeded.map(({ plan }) => plan),
          milliseconds,
        ),
      ])
  }
  if (invocation.signal.aborted) return exitCodes.interrupted
  if (failed.some(({ error }) => error.kind === 'unreachable')) return exitCodes.unreachable
  if (planned.failed.length + failed.length === 0) return 0
  // What was approved can have changed while sessions were waited for: then as where it never was.
  const isUnapproved = isWhole && failed.every(({ error }) => error.kind === 'approval')
  return isUnapproved ? exitCodes.approval : exitCodes.failed
}

type OneOptions = ChangeOptions & Pick<ApprovalOptions, 'force'> & { readonly waits: boolean }

async function applyOne(
  invocation: Invocation,
  engine: Engine,
  { file, planned: approved }: PlannedFile,
  options: OneOptions,
): Promise<Done> {
  const planned = await afterSessions(invocation, engine, approved, options)
  const { plan } = planned
  // What is told of it names its own file.
  const own = varied(invocation, { options: { config: file } })
  const again = calledAgain(own, 'sbx apply', options)
  const doing = { ...(await readyToDo(invocation, engine, planned, options, again)), name: plan.name }
  const applied = plan.steps.length === 0 ? unchangedOf(plan) : await performPlan(own, engine, plan, doing)
  await rememberApplied(invocation, engine, planned)
  tell(own, homesText(own, plan, applied))
  return { plan, applied }
}

/** As it is when nobody works in it any more. */
async function afterSessions(
  invocation: Invocation,
  engine: Engine,
  planned: Planned,
  options: OneOptions,
): Promise<Planned> {
  const { declared, plan, risks } = planned
  if (!options.waits || risks.sessions.length === 0 || plan.current === null) return planned
  await awaitNoSession(invocation, engine, { name: plan.name, containerId: plan.current.containerId })
  const chosen = plan.keeps === undefined ? options : { ...options, keep: true }
  const now = await planDeclared(declared, engine, { ...chosen, tell: telling(invocation) })
  if (!isSameFate(now, planned)) changedMeanwhile(plan)
  // Among many it may be called by its id.
  return { ...now, plan: { ...now.plan, name: plan.name } }
}

function unchangedOf({ action, current }: SandboxPlan): Applied {
  return { action, containerId: current?.containerId ?? null }
}

function printFailed(invocation: Invocation, { file, error }: Failed): void {
  printJsonLine(invocation, { ...errorsJson(error.diagnostics), config_path: file })
}

function changedMeanwhile({ name }: SandboxPlan): never {
  const detail = `While its sessions were waited for, what ${name} would lose or reach changed. Apply again.`
  throw new DiagnosticError(
    [{ severity: 'error', code: 'approval/changed', summary: 'What was approved has changed', detail }],
    'approval',
  )
}
