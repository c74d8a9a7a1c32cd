// The home of a sandbox that was moved, renamed or left behind, for the one that the file describes. The old one goes when
// the copy is whole, and not before.

import { fail } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { Leftovers } from '../../model/leftovers.js'
import type { ListedContainer, LiveSandbox } from '../../model/live.js'
import type { SandboxPlan } from '../../model/plan.js'
import { homeVolumeName } from '../../model/names.js'
import { checkHome, planAdoption, removedBy } from '../../plan/adoption.js'
import { isFolderUnsure, leftBehind, startedOn } from '../../plan/left-behind.js'
import { formatVersion } from '../../ui/format-version.js'
import { bytesText, counted } from '../../ui/quantities.js'
import { shellWord } from '../../model/shell-word.js'
import { cloneOfAdopted } from './adopted-clone.js'
import { approveAdoption } from './approve-adoption.js'
import { newlyLost } from '../approving/approve-clones.js'
import { callLike } from '../call/call.js'
import { withEngine } from '../call/connect.js'
import { readDeclared, type Declared } from '../declared/declared.js'
import { type Invocation, print, printJson } from '../call/invocation.js'
import type { AdoptOptions } from '../call/options.js'
import { performAdoption } from './perform-adoption.js'
import { missingWorkspaces } from '../planning/planning.js'
import { selectSandbox } from '../declared/select.js'

export async function adopt(invocation: Invocation, name: string | undefined, options: AdoptOptions): Promise<number> {
  const declared = await readDeclared(invocation)
  return withEngine(invocation, declared.host, (engine) => adoptInto(invocation, engine, declared, name, options))
}

/** Goes on where an earlier call was killed. */
export async function adoptInto(
  invocation: Invocation,
  engine: Engine,
  declared: Declared,
  name: string | undefined,
  options: AdoptOptions,
): Promise<number> {
  const { desired, host } = declared
  const [own, leftovers] = await Promise.all([engine.observe(desired.id, []), engine.listLeftovers()])
  const oldId = await oldOne(invocation, declared, own, leftovers, { engine, name })
  if (oldId === desired.id) {
    fail('adopt/itself', 'A sandbox cannot adopt itself', { detail: `${oldId} is the sandbox of this file.` })
  }
  const old = await engine.observe(oldId, [])
  checkSource(own, old)
  const adoption = planAdoption(desired, own, old, { leftovers, scope: host.scope })
  const { volumes, containers } = removedBy(adoption)
  await engine.checkUnused(volumes, containers)
  const look = cloneOfAdopted(engine, host, { desired, own, adoption, leftovers }, invocation.signal)
  const clones = options.discard === true ? [] : await look('planned')
  const command = await approveAdoption(invocation, engine, { desired, own, old, adoption, clones }, name, options)
  const lookAgain = (when: 'planned' | 'copied', current: SandboxPlan['current']): Promise<void> =>
    newlyLost(clones, () => look(when), invocation, command, options)({ ...adoption.after, current })
  const source = homeVolumeName(host.scope, oldId)
  const content = await performAdoption(invocation, engine, adoption, {
    ...{ source, target: desired.homeVolume, old, lookAgain },
  })
  if (invocation.options.json === true) {
    printJson(invocation, { format_version: formatVersion, id: desired.id, adopted: oldId, ...content })
  } else {
    const amount = content === null ? '' : ` (${counted(content.files, 'file')}, ${bytesText(content.bytes)})`
    print(invocation, [
      `${desired.displayName} has the home of ${oldId}${amount}, which is gone. Bring it up: ${callLike(invocation, 'sbx apply')}`,
    ])
  }
  return 0
}

/** Throws where there is nothing to copy, or nothing any more. */
function checkSource({ adoption }: LiveSandbox, old: LiveSandbox): void {
  if (old.hasHome || adoption?.phase === 'copied') return
  if (adoption?.phase !== 'copying') {
    fail('adopt/no-home', 'There is no home to adopt', { detail: `${old.id} has none on this engine.` })
  }
  const before = adoption.aside === null ? '' : ` What was in it before is whole in the volume ${adoption.aside}.`
  fail('adopt/source-gone', 'The other half of a home is gone', {
    detail: `sbx was stopped while it copied the home of ${old.id}, and that is gone since. What there is of it is not all.${before}`,
  })
}

/**
 * The one whose home is on its way already; else the one that is named; else the only one that this folder, or an edit of
 * this file, left behind.
 */
async function oldOne(
  invocation: Invocation,
  declared: Declared,
  own: LiveSandbox,
  { homes }: Leftovers,
  { engine, name }: { readonly engine: Engine; readonly name: string | undefined },
): Promise<string> {
  const { adoption } = own
  if (adoption !== undefined && (name === undefined || name === adoption.from)) return adoption.from
  const listed = await engine.list()
  if (name === undefined) return leftOne(declared, listed, engine)
  const isKept = homes.some(({ sandboxId }) => sandboxId === name)
  const id = isKept ? name : (await selectSandbox(invocation, declared.host, listed, name)).id
  if (adoption === undefined || adoption.phase === 'aside' || id === adoption.from) return id
  checkHome(own, declared.desired.displayName)
  return fail('adopt/other', 'Another adoption has not ended', {
    detail: `The home of ${adoption.from} has arrived, and ${adoption.from} is yet to be removed. To do that first:`,
    command: `sbx adopt ${shellWord(adoption.from)}`,
  })
}

async function leftOne(
  { desired, loaded }: Declared,
  listed: readonly ListedContainer[],
  engine: Engine,
): Promise<string> {
  const missing = { missingWorkspaces: await missingWorkspaces(listed) }
  const notes = leftBehind(
    desired,
    { others: listed, containers: [] },
    {
      ...missing,
      ...(isFolderUnsure(desired, listed, missing) ? { folders: startedOn((await engine.survey([])).records) } : {}),
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
  const [candidate] = candidates
  return fail('adopt/which', 'It is not plain which sandbox is meant', {
    detail:
      candidate === undefined
        ? 'Nothing was left behind by this folder. Name the sandbox whose home it shall have; homes without a sandbox are listed by:'
        : `It could be ${candidates.join(', ')}. Name one:`,
    command: candidate === undefined ? 'sbx ls --kept' : `sbx adopt ${shellWord(candidate)}`,
  })
}
