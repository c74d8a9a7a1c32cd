// A saved plan made afresh: it is the plan that was saved only while all that it was made of is as it was.

import { homedir } from 'node:os'
import { basename, dirname } from 'node:path'
import { entrypointVersion } from '../../engine/labels/entrypoint.js'
import { DiagnosticError } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { Moved } from '../../model/saved-plan.js'
import { fingerprintOf, movedGrants, movedSince, movedSteps } from '../../plan/fingerprint.js'
import { movedLosses } from '../../plan/moved-losses.js'
import { isAtOrBeneath } from '../../resolve/paths.js'
import { movedTable } from '../../ui/moved-text.js'
import { shellWord } from '../../model/shell-word.js'
import { changeFlags } from '../call/change-flags.js'
import type { Declared } from '../declared/declared.js'
import { type Invocation, telling } from '../call/invocation.js'
import { observe, planDeclared, type Planned } from '../planning/planning.js'
import { registryDigests } from '../planning/save-plan.js'
import type { SavedPlan } from '../planning/saved-plan.js'

/** Throws `plan/stale` with all that has moved. */
export async function planSaved(
  invocation: Invocation,
  { file, saved, isApproval }: { readonly file: string; readonly saved: SavedPlan; readonly isApproval: boolean },
  declared: Declared,
  engine: Engine,
): Promise<Planned> {
  const check = (moved: readonly Moved[]): void => {
    if (moved.length > 0) throw stale(invocation, file, saved, moved)
  }
  const id = await engine.id()
  // Of another engine everything else is another too.
  if (id !== saved.engine.id) check([{ what: 'engine', before: saved.engine.id, after: id }])
  const live = await observe(declared, engine)
  check(movedSince(saved.made_of, fingerprintOf(declared.desired, live, entrypointVersion)))
  const { force: _, wait: __, ...shaping } = saved.call
  const options = { ...shaping, tell: telling(invocation) }
  const planned = await planDeclared(declared, engine, options, live)
  const [sandbox] = saved.plan.sandboxes
  check([
    ...movedRegistry(saved.made_of.registry, await registryDigests(planned.plan, engine)),
    ...movedGrants(sandbox?.grants ?? [], planned.plan),
    ...movedSteps(saved.steps, planned.plan),
    ...(isApproval ? movedLosses(saved, planned.risks) : []),
  ])
  return planned
}

function movedRegistry(
  before: Readonly<Record<string, string | null>>,
  after: Readonly<Record<string, string | null>>,
): Moved[] {
  return Object.entries(after).flatMap(([name, digest]): Moved[] => {
    const known = before[name] ?? null
    return known === digest ? [] : [{ what: 'registry', name, before: known, after: digest }]
  })
}

function stale(invocation: Invocation, file: string, saved: SavedPlan, moved: readonly Moved[]): DiagnosticError {
  const context = { home: homedir(), now: new Date(), configDigest: saved.made_of.config.digest }
  return new DiagnosticError(
    [
      {
        severity: 'error',
        code: 'plan/stale',
        summary: 'The saved plan is stale',
        detail: `What ${file} was made of has moved; nothing was done.`,
        table: movedTable(moved, context),
        command: ['sbx plan', ...planFlags(invocation, saved), `-o ${shellWord(file)}`].join(' '),
      },
    ],
    'stale',
  )
}

/** As the plan was asked for, so that the next one is of the same. */
function planFlags(invocation: Invocation, { call, config }: SavedPlan): readonly string[] {
  const { wait, force, ...shaping } = call
  const isFound =
    basename(config.file) === 'sandbox.yaml' && isAtOrBeneath(invocation.workingFolder, dirname(config.file))
  return [
    ...(isFound ? [] : [`--config ${shellWord(config.file)}`]),
    ...(config.profile === null ? [] : [`--profile ${shellWord(config.profile)}`]),
    ...changeFlags(shaping),
    ...(wait === true ? ['--wait'] : []),
    ...(force === true ? ['--force'] : []),
  ]
}
