// For `--all`: every sandbox.yaml below some folders, declared and planned side by side from one look at the engine. What
// is wrong with one of them is told under its name and keeps none of the others from being planned.

import { join } from 'node:path'
import { findProjectFiles, tooMany } from '../../config/find.js'
import { failMisnamed, fileName } from '../../config/locate.js'
import { DiagnosticError, fail } from '../../model/diagnostic.js'
import type { DesiredSandbox } from '../../model/desired.js'
import type { Engine } from '../../model/engine.js'
import type { ListedContainer, LiveSandbox, Survey } from '../../model/live.js'
import { startedOn } from '../../plan/left-behind.js'
import { imageReferences } from '../../plan/steps.js'
import { isTold, surveyed } from '../../plan/survey.js'
import type { Host } from '../../resolve/host.js'
import { declare, loadDeclared, type Declared } from '../declared/declared.js'
import { type Invocation, tell, telling, varied } from '../call/invocation.js'
import type { ChangeOptions, PlanningOptions } from '../call/options.js'
import { callPins } from '../declared/pins.js'
import { missingWorkspaces, observe, planDeclared, type Planned } from '../planning/planning.js'
import { sideBySide } from '../call/side-by-side.js'
import { checkLocked } from '../declared/template-lock.js'

export type Failed = { readonly file: string; readonly error: DiagnosticError }
type DeclaredFile = { readonly file: string; readonly declared: Declared }
export type PlannedFile = { readonly file: string; readonly planned: Planned }
export type PlannedAll = { readonly planned: readonly PlannedFile[]; readonly failed: readonly Failed[] }

/** How many files are read, or sandboxes planned, at a time. */
const atOnce = 8

export async function declareAll(
  invocation: Invocation,
  host: Host,
  folders: readonly string[],
  options: ChangeOptions,
): Promise<{ readonly declared: readonly DeclaredFile[]; readonly failed: readonly Failed[] }> {
  if (invocation.options.config !== undefined) {
    fail(
      'cli/all-and-config',
      '--all and --config exclude each other',
      { detail: 'One file is planned without --all.' },
      'usage',
    )
  }
  const { files, misnamed, closed, crowded } = await findProjectFiles(
    folders.length > 0 ? folders : [invocation.workingFolder],
  )
  tell(
    invocation,
    closed.map((folder) => `note: ${folder} cannot be looked into.`),
  )
  if (files.length + misnamed.length + crowded.length === 0) {
    fail('cli/no-file', 'There is no sandbox.yaml', { detail: 'None was found in these folders or below.' })
  }
  const failed: Failed[] = []
  for (const folder of crowded) {
    // Told as what is wrong in that folder; what was found above the depth that is too much goes on.
    await collecting(join(folder, fileName), failed, async () => tooMany([folder]))
  }
  const found = await sideBySide(atOnce, [...files, ...misnamed], async (file): Promise<DeclaredFile | null> => {
    const declared = await collecting(file, failed, async () => {
      if (misnamed.includes(file)) failMisnamed(file)
      return declareFile(varied(invocation, { options: { config: file } }), host, options)
    })
    return declared === null ? null : { file, declared }
  })
  return withoutDoubles(
    found.filter((each) => each !== null),
    failed,
  )
}

/** By one host for all, of which some facts cost a process to know. */
async function declareFile(invocation: Invocation, host: Host, { locked }: ChangeOptions): Promise<Declared> {
  if (locked === true) await checkLocked(invocation, host)
  const pins = callPins(invocation, host, { locked: locked === true })
  return declare(await loadDeclared(invocation, host, pins), host, pins)
}

/** Two folders can come to one id, which is short: they would undo each other's applies for ever. */
function withoutDoubles(
  found: readonly DeclaredFile[],
  failed: readonly Failed[],
): { readonly declared: readonly DeclaredFile[]; readonly failed: readonly Failed[] } {
  const byId = new Map<string, DeclaredFile[]>()
  for (const each of found) {
    const { id } = each.declared.desired
    byId.set(id, [...(byId.get(id) ?? []), each])
  }
  const doubles = [...byId].flatMap(([id, those]) => {
    if (those.length === 1) return []
    const detail = `${those.map(({ file }) => file).join(' and ')} both declare ${id}. Give one of them another name.`
    const error = new DiagnosticError([
      { severity: 'error', code: 'cli/declared-twice', summary: 'Two files declare the same sandbox', detail },
    ])
    return those.map(({ file }): Failed => ({ file, error }))
  })
  const refused = new Set(doubles.map(({ file }) => file))
  return { declared: found.filter(({ file }) => !refused.has(file)), failed: [...failed, ...doubles] }
}

/** A constant number of engine calls for those that do not change; what differs is inspected. */
export async function planAllDeclared(
  invocation: Invocation,
  engine: Engine,
  all: Awaited<ReturnType<typeof declareAll>>,
  options: ChangeOptions,
): Promise<PlannedAll> {
  const { declared } = all
  const survey = await engine.survey([...new Set(declared.flatMap((each) => imageReferences(each.declared.desired)))])
  const workspaces = new Set(declared.map((each) => each.declared.desired.workspace))
  const planning: PlanningOptions = {
    ...options,
    tell: telling(invocation),
    // Those that were just declared are there.
    missingWorkspaces: await missingWorkspaces(
      survey.containers.filter(({ sandbox }) => !workspaces.has(sandbox.workspace)),
    ),
    folders: startedOn(survey.records),
  }
  const besides = declared.map((each) => asNeighbour(each.declared.desired))
  const failed = [...all.failed]
  const planned = await sideBySide(atOnce, declared, async ({ file, declared: one }): Promise<PlannedFile | null> => {
    const among = (live: LiveSandbox): LiveSandbox => ({
      ...live,
      others: [...live.others, ...besides.filter(({ sandbox }) => sandbox.id !== one.desired.id)],
    })
    const result = await collecting(file, failed, () => planOne(one, engine, survey, planning, among))
    return result === null ? null : { file, planned: result }
  })
  return { planned: withNames(planned.filter((each) => each !== null)), failed: inOrder(failed) }
}

/** A name that several have would tell nobody which one is meant. */
function withNames(planned: readonly PlannedFile[]): readonly PlannedFile[] {
  const count = (name: string): number => planned.filter((each) => each.planned.plan.name === name).length
  return planned.map(({ file, planned: one }) => {
    const name = count(one.plan.name) > 1 ? one.plan.id : one.plan.name
    return { file, planned: { ...one, plan: { ...one.plan, name } } }
  })
}

async function planOne(
  declared: Declared,
  engine: Engine,
  survey: Survey,
  options: PlanningOptions,
  among: (live: LiveSandbox) => LiveSandbox,
): Promise<Planned> {
  const { id, hidden, clone } = declared.desired
  const isForced = options.recreate === true || options.upgrade === true
  // Lists do not tell when a container was started, and so not what it hides.
  if (!isForced && (hidden === undefined || clone !== undefined) && isTold(survey, id)) {
    const planned = await planDeclared(declared, engine, options, among(surveyed(survey, id)))
    if (planned.plan.action === 'reuse' || planned.plan.action === 'create') return planned
  }
  return planDeclared(declared, engine, options, among(await observe(declared, engine)))
}

/** As it will be: those that are made in the same call are each other's neighbours as well. */
function asNeighbour({ containerSpec, ...sandbox }: DesiredSandbox): ListedContainer {
  return {
    ...{ id: '', name: '', state: 'created', createdAt: 0, replaces: null, entrypoint: '', recipe: '' },
    ...{ imageReference: '', imageId: '', sandbox, spec: containerSpec },
  }
}

async function collecting<Result>(file: string, failed: Failed[], work: () => Promise<Result>): Promise<Result | null> {
  try {
    return await work()
  } catch (error) {
    // Without an engine, or once it was interrupted, none of the others goes on either.
    if (!(error instanceof DiagnosticError) || error.kind !== 'failed') throw error
    failed.push({ file, error })
    return null
  }
}

function inOrder(failed: readonly Failed[]): readonly Failed[] {
  return failed.toSorted((left, right) => (left.file < right.file ? -1 : 1))
}
