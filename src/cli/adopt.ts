// The home of a sandbox that was moved, renamed or left behind, for the one that the file describes. The old one goes when
// the copy is whole, and not before.

import { type Diagnostic, DiagnosticError, fail } from '../model/diagnostic.js'
import type { DesiredSandbox } from '../model/desired.js'
import type { Engine, Leftovers, VolumeContent } from '../model/engine.js'
import { isAlive, type ListedContainer, type LiveSandbox } from '../model/live.js'
import { homeVolumeName } from '../model/names.js'
import type { SandboxPlan, Step } from '../model/plan.js'
import { type Adoption, planAdoption } from '../plan/adoption.js'
import { containerInUse } from '../plan/in-use.js'
import { leftBehind } from '../plan/left-behind.js'
import { risks } from '../plan/risks.js'
import { withLine } from '../plan/take-back.js'
import { formatVersion } from '../ui/format-version.js'
import { amountText } from '../ui/plan-text/losses.js'
import { bytesText, counted } from '../ui/quantities.js'
import { shellWord } from '../ui/shell-word.js'
import { ask } from './ask.js'
import { callLike } from './call.js'
import { withEngine } from './connect.js'
import { readDeclared, type Declared } from './declared.js'
import { type Invocation, isInteractive, print, printJson, tell, varied } from './invocation.js'
import type { AdoptOptions } from './options.js'
import { performPlan } from './perform.js'
import { missingWorkspaces } from './planning.js'
import { riskFacts } from './risk-facts.js'
import { selectSandbox } from './select.js'

export async function adopt(invocation: Invocation, name: string | undefined, options: AdoptOptions): Promise<number> {
  const declared = await readDeclared(invocation)
  const { desired, host } = declared
  return withEngine(invocation, host, async (engine) => {
    const [listed, leftovers] = await Promise.all([engine.list(), engine.listLeftovers()])
    const oldId = await oldOne(invocation, declared, listed, leftovers, name)
    if (oldId === desired.id) {
      fail('adopt/itself', 'A sandbox cannot adopt itself', { detail: `${oldId} is the sandbox of this file.` })
    }
    const [own, old] = await Promise.all([engine.observe(desired.id, []), engine.observe(oldId, [])])
    if (!old.hasHome) {
      fail('adopt/no-home', 'There is no home to adopt', { detail: `${oldId} has none on this engine.` })
    }
    const adoption = planAdoption(desired, own, old, leftovers)
    await approve(invocation, engine, { desired, own, old, after: adoption.after }, name, options)
    const source = homeVolumeName(host.scope, oldId)
    const content = await carryOut(invocation, engine, adoption, { source, target: desired.homeVolume })
    if (invocation.options.json === true) {
      printJson(invocation, { format_version: formatVersion, id: desired.id, adopted: oldId, ...content })
    } else {
      const amount = `${counted(content.files, 'file')}, ${bytesText(content.bytes)}`
      print(invocation, [
        `${desired.displayName} has the home of ${oldId} (${amount}), which is gone. Bring it up: ${callLike(invocation, 'sbx apply')}`,
      ])
    }
    return 0
  })
}

/** The one that is named; else the only one that this folder, or an edit of this file, left behind. */
async function oldOne(
  invocation: Invocation,
  { desired, loaded, host }: Declared,
  listed: readonly ListedContainer[],
  { homes }: Leftovers,
  name: string | undefined,
): Promise<string> {
  if (name !== undefined) {
    const isKept = homes.some(({ sandboxId }) => sandboxId === name)
    return isKept ? name : (await selectSandbox(invocation, host, listed, name)).id
  }
  const notes = leftBehind(
    desired,
    { others: listed, containers: [] },
    {
      missingWorkspaces: await missingWorkspaces(listed),
      ...(loaded.knownProfiles === undefined ? {} : { profiles: loaded.knownProfiles }),
    },
  )
  const near = notes.flatMap((note) =>
    note.kind === 'moved-from' || note.kind === 'renamed-from' || note.kind === 'profile-gone' ? [note.id] : [],
  )
  const [only, ...more] = near
  if (only !== undefined && more.length === 0) return only
  const orphans = notes.flatMap((note) => (note.kind === 'orphan' ? [note.id] : []))
  const candidates = [...near, ...orphans]
  return fail('adopt/which', 'It is not plain which sandbox is meant', {
    detail:
      candidates.length === 0
        ? 'Nothing was left behind by this folder. Name the sandbox whose home it shall have; homes without a sandbox are listed by:'
        : `It could be ${candidates.join(', ')}. Name one:`,
    command: candidates[0] === undefined ? 'sbx ls --kept' : callLike(invocation, `sbx adopt ${candidates[0]}`),
  })
}

type Both = {
  readonly desired: DesiredSandbox
  readonly own: LiveSandbox
  readonly old: LiveSandbox
  /** Removes the old one. */
  readonly after: SandboxPlan
}

/** `--force` is for what would be ended or lost, `--yes` for the adoption itself; neither means the other. */
export async function approve(
  invocation: Invocation,
  engine: Engine,
  { desired, own, old, after }: Both,
  name: string | undefined,
  { yes, force }: AdoptOptions,
): Promise<void> {
  const ending = [...old.containers, ...(own.hasHome ? own.containers : [])].filter(isAlive)
  const sessions = (await Promise.all(ending.map(({ id }) => engine.sessions(id)))).flat().length
  const costs = [
    ...(sessions === 0 ? [] : [`${counted(sessions, 'open session')} would be ended`]),
    ...(own.hasHome
      ? [
          `the home that ${desired.id} has by now would be lost${own.containers.length > 0 ? ', its container too' : ''}`,
        ]
      : []),
  ]
  if (costs.length > 0 && force !== true) {
    throw new DiagnosticError(
      [
        {
          severity: 'error',
          code: 'adopt/force',
          summary: 'Something would be lost',
          detail: `${costs.join(', and ')}. Nothing was done. To do it all the same:`,
          command: callLike(
            invocation,
            ['sbx adopt --force', ...(name === undefined ? [] : [shellWord(name)])].join(' '),
          ),
        },
      ],
      'approval',
    )
  }
  if (yes === true) return
  const from = containerInUse(old.containers)?.sandbox
  const where = from === undefined ? '' : ` (${from.workspace})`
  const { losses } = risks(after, await riskFacts(after, old, engine))
  const outside = losses === null ? '' : ` What is in it outside of its home (${amountText(losses)}) goes with it.`
  const costing = costs.length === 0 ? '' : ` ${costs.join(', ')}.`
  const question = `Give the home of ${old.id}${where} to ${desired.id}, and remove ${old.id}?${costing}${outside}`
  if (isInteractive(invocation) && (await ask(invocation, question))) return
  const flags = [...(force === true ? ['--force'] : []), '--yes', ...(name === undefined ? [] : [shellWord(name)])]
  throw new DiagnosticError(
    [
      {
        severity: 'error',
        code: 'cli/not-confirmed',
        summary: 'Not confirmed',
        detail: `The home of ${old.id} would go to ${desired.id}, and ${old.id} be removed.${outside} Nothing was done. To do it without a question:`,
        command: callLike(invocation, ['sbx adopt', ...flags].join(' ')),
      },
    ],
    'approval',
  )
}

/**
 * Where the copy fails, the old sandbox is as it was, and what there is of the copy goes. Throws `adopt/home-taken` where
 * another call has made the home in the meantime: somebody may be at work in that.
 */
export async function carryOut(
  invocation: Invocation,
  engine: Engine,
  { before, home, undo, removeHome, after }: Adoption,
  { source, target }: { readonly source: string; readonly target: string },
): Promise<VolumeContent> {
  // Two plans with a copy between them are no list of steps that a script could follow.
  const call =
    invocation.options.json === true ? varied(invocation, { options: { json: false, quiet: true } }) : invocation
  await performPlan(call, engine, before)
  let content: VolumeContent
  let isOurs = false
  try {
    isOurs = (await engine.madeBy(home)).made === true
    if (!isOurs) {
      fail('adopt/home-taken', 'There is a home already', {
        detail: `Another call has made ${target} in the meantime. Nothing was copied, and ${source} is as it was.`,
      })
    }
    tell(call, [`  copying ${source} to ${target}`])
    content = await engine.copyVolume(source, target, invocation.signal)
    if (invocation.signal.aborted) fail('engine/interrupted', 'Interrupted', {}, 'interrupted')
  } catch (error) {
    throw withLine(error, '', await performAll(engine, [...(isOurs ? [removeHome] : []), ...undo]))
  }
  await performPlan(varied(call, { signal: new AbortController().signal }), engine, after)
  return content
}

/** Each of them, whatever became of the one before. Gives what to tell of those that failed. */
async function performAll(engine: Engine, steps: readonly Step[]): Promise<readonly Diagnostic[]> {
  const failures: Diagnostic[] = []
  for (const step of steps) {
    try {
      await engine.perform(step)
    } catch (error) {
      const why = error instanceof DiagnosticError ? (error.diagnostics[0]?.detail ?? error.message) : String(error)
      failures.push({
        ...{ severity: 'error', code: 'adopt/not-undone', summary: 'A step could not be taken back' },
        detail: `${step.do}: ${why}`,
      })
    }
  }
  return failures
}
