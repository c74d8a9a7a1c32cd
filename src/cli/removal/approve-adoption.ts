// What an adoption costs besides the adoption itself. A person who is there is asked once, with all of it; elsewhere each
// cost has a flag of its own, and none means another.

import type { DesiredSandbox } from '../../model/desired.js'
import { DiagnosticError } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import { isAlive, type LiveSandbox } from '../../model/live.js'
import type { Losses } from '../../model/risks.js'
import type { Adoption } from '../../plan/adoption.js'
import { containerInUse } from '../../plan/in-use.js'
import { planRemoval } from '../../plan/removal.js'
import { risks } from '../../plan/risks.js'
import { cloneLossText } from '../../ui/clone-text.js'
import { amountText } from '../../ui/plan-text/losses.js'
import { counted } from '../../ui/quantities.js'
import { shellWord } from '../../model/shell-word.js'
import type { LostClone } from '../approving/approve-clones.js'
import { ask } from '../call/ask.js'
import { type Invocation, isInteractive } from '../call/invocation.js'
import type { AdoptOptions } from '../call/options.js'
import { riskFacts } from '../planning/risk-facts.js'

type Both = {
  readonly desired: DesiredSandbox
  readonly own: LiveSandbox
  readonly old: LiveSandbox
  readonly adoption: Pick<Adoption, 'make' | 'setAside' | 'aside' | 'after'>
  /** Of the old one, where it does not go over. */
  readonly clones: readonly LostClone[]
}

/**
 * `--force` is for what would be ended or replaced, `--discard` for what is in containers and a clone, `--yes` for the
 * adoption. Gives the call that would have asked nothing.
 */
export async function approveAdoption(
  invocation: Invocation,
  engine: Engine,
  both: Both,
  name: string | undefined,
  { yes, force, discard }: AdoptOptions,
): Promise<string> {
  const { desired, old } = both
  const [ended, lost] = await Promise.all([forceCosts(engine, both), discardCosts(engine, both)])
  const isForce = ended.length > 0 && force !== true
  const isDiscard = lost.length > 0 && discard !== true
  const flags = [
    '--yes',
    ...(isForce || force === true ? ['--force'] : []),
    ...(isDiscard || discard === true ? ['--discard'] : []),
    ...(name === undefined ? [] : [shellWord(name)]),
  ]
  const command = ['sbx adopt', ...flags].join(' ')
  if (!isForce && !isDiscard && yes === true) return command
  const costs = [...ended, ...lost].map((cost) => ` ${cost}.`).join('')
  const from = containerInUse(old.containers)?.sandbox
  const where = from === undefined ? '' : ` (${from.workspace})`
  const question = `Give the home of ${old.id}${where} to ${desired.id}, and remove ${old.id}?${costs}`
  if (isInteractive(invocation) && (await ask(invocation, question))) return command
  const what = `The home of ${old.id} would go to ${desired.id}, and ${old.id} be removed.${costs} Nothing was done.`
  throw new DiagnosticError(
    [
      isForce || isDiscard
        ? {
            severity: 'error',
            code: 'adopt/costs',
            summary: 'Something would be lost',
            detail: `${what} To do it all the same:`,
            command,
          }
        : {
            severity: 'error',
            code: 'cli/not-confirmed',
            summary: 'Not confirmed',
            detail: `${what} To do it without a question:`,
            command,
          },
    ],
    'approval',
  )
}

async function forceCosts(engine: Engine, { desired, own, old, adoption }: Both): Promise<readonly string[]> {
  const isWorkedIn = adoption.make === null && old.containers.some(isAlive)
  const ending = [...old.containers, ...(adoption.make === null ? [] : own.containers)].filter(isAlive)
  const sessions = (await Promise.all(ending.map(({ id }) => engine.sessions(id)))).flat().length
  return [
    ...(sessions === 0 ? [] : [`${counted(sessions, 'open session')} would be ended`]),
    ...(adoption.setAside === null && adoption.aside === null
      ? []
      : [`The home that ${desired.id} has by now would be lost`]),
    ...(isWorkedIn
      ? [`${old.id} runs again since its home was copied: what was done in it since then would be lost`]
      : []),
  ]
}

/** The container of the old one goes with it; that of the other, since it names the home that is replaced. */
async function discardCosts(engine: Engine, { own, old, adoption, clones }: Both): Promise<readonly string[]> {
  const ofOld = await lossesWith(engine, adoption.after, old)
  const none = {
    records: [],
    homes: [],
    workspaces: [],
    owns: [],
    adoptions: [],
    abandoned: [],
    images: [],
    snapshots: [],
    networks: [],
    proxies: [],
  }
  const ofOwn =
    adoption.make === null ? null : await lossesWith(engine, planRemoval(own, { volumes: false, leftovers: none }), own)
  const text = (losses: Losses | null, { id }: LiveSandbox): readonly string[] =>
    losses === null ? [] : [`What the container of ${id} has outside of its home (${amountText(losses)}) would be lost`]
  const ofClones = clones.map(({ id, loss }) => `The clone of ${id} would be lost: ${cloneLossText(loss)}`)
  return [...text(ofOld, old), ...text(ofOwn, own), ...ofClones]
}

async function lossesWith(engine: Engine, plan: Adoption['after'], live: LiveSandbox): Promise<Losses | null> {
  return risks(plan, await riskFacts(plan, live, engine)).losses
}
