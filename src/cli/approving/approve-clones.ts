// Removing the volume of a clone: what is in it and nowhere else takes a word of its own.

import { DiagnosticError, type Diagnostic } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { Leftovers } from '../../model/leftovers.js'
import { isAlive } from '../../model/live.js'
import type { SandboxPlan } from '../../model/plan.js'
import type { CloneLoss } from '../../model/risks.js'
import type { Host } from '../../resolve/host.js'
import { shellWord } from '../../model/shell-word.js'
import { escapeControls } from '../../ui/characters.js'
import { cloneLossText } from '../../ui/clone-text.js'
import { ask } from '../call/ask.js'
import { callLike } from '../call/call.js'
import { cloneRemoved } from '../clone/clone-loss.js'
import { type Invocation, isInteractive, tell } from '../call/invocation.js'

export type LostClone = {
  readonly id: string
  readonly loss: CloneLoss
  readonly isRunning: boolean
  /** On this machine, as the labels have it. */
  readonly workspace: string
  readonly profile: string | null
}

/**
 * Of the clones that these plans remove those with something in them that is nowhere else. `movedTo` is the folder that a
 * repository is in where it is not in that of its labels any more.
 */
export async function lostClones(
  engine: Engine,
  host: Pick<Host, 'programEnv'>,
  plans: readonly SandboxPlan[],
  { workspaces }: Pick<Leftovers, 'workspaces'>,
  signal: AbortSignal,
  movedTo?: string,
): Promise<readonly LostClone[]> {
  const removed = new Set(
    plans.flatMap(({ steps }) => steps.flatMap((step) => (step.do === 'remove-volume' ? [step.name] : []))),
  )
  const clones = workspaces.filter(({ name }) => removed.has(name))
  if (clones.length === 0) return []
  const [containers, all] = await Promise.all([engine.list(), engine.clones()])
  const lost: LostClone[] = []
  for (const { name: volume, sandboxId: id } of clones) {
    const holding = containers.filter(({ spec }) => spec.volumes[spec.workspace.path] === volume)
    const container = holding.find(isAlive) ?? holding[0] ?? null
    const labelled = all.find(({ name }) => name === volume)
    const workspace = container?.spec.workspace.path ?? labelled?.sandbox.workspace ?? ''
    const moved = movedTo === undefined ? {} : { movedTo }
    const loss = await cloneRemoved({ volume, workspace, ...moved, container }, engine, host, signal)
    const profile = (container ?? labelled)?.sandbox.profile ?? null
    if (loss !== null) lost.push({ id, loss, isRunning: container?.state === 'running', workspace, profile })
  }
  return lost
}

/** In the order of `lost`: what each has, and how it comes to the repository. */
export function lostLines(invocation: Invocation, lost: readonly LostClone[]): readonly string[] {
  return lost.flatMap((each) => [
    `  ${escapeControls(each.id)}: ${cloneLossText(each.loss)}`,
    `    into your repository: ${fetching(invocation, each)}`,
  ])
}

/** Throws with kind `approval` unless a person says yes. `command` is the call, to which `--discard` is added. */
export async function approveClones(
  invocation: Invocation,
  lost: readonly LostClone[],
  command: string,
  { discard }: { readonly discard?: boolean },
): Promise<void> {
  if (lost.length === 0 || discard === true) return
  if (isInteractive(invocation)) {
    tell(invocation, ['Lost with the clone:', ...lostLines(invocation, lost)])
    if (await ask(invocation, 'Remove it all the same?')) return
  }
  throw new DiagnosticError([unfetched(invocation, lost, `${command} --discard`)], 'approval')
}

const summary = 'A clone may have what is nowhere else'

/** `command` is the call with all that it lacks. */
export function unfetched(invocation: Invocation, lost: readonly LostClone[], command: string): Diagnostic {
  const lines = lost.map(({ id, loss }) => `${escapeControls(id)}: ${cloneLossText(loss)}`)
  const ways = lost.map((each) => fetching(invocation, each)).join('; ')
  return {
    severity: 'error',
    code: 'clone/unfetched',
    summary,
    detail: `${lines.join('\n')}\nNothing was done. Into your repository: ${ways}. To give it up:`,
    command,
  }
}

/** git is asked inside, so that it must run: of one without a container nobody here knows with which flags it was made. */
function fetching(invocation: Invocation, { id, isRunning, workspace, profile }: LostClone): string {
  const fetch = callLike(invocation, `sbx fetch ${shellWord(id)} --wip`)
  if (isRunning) return fetch
  const ofProfile = profile === null ? '' : ` --profile ${shellWord(profile)}`
  const bring = `\`sbx apply${ofProfile}\`, or \`sbx run --clone NAME${ofProfile}\` if it was made so`
  const place = workspace === '' ? 'its folder' : escapeControls(workspace)
  return `first bring it up in ${place} (${bring}), then ${fetch}`
}

/**
 * A look at what a plan is about to remove, which throws with kind `approval` where there is more in a clone than `lost` says:
 * between the question and the answer agents go on. Where all is given up nobody looks.
 */
export function newlyLost(
  lost: readonly LostClone[],
  look: (plan: SandboxPlan) => Promise<readonly LostClone[]>,
  invocation: Invocation,
  command: string,
  { discard }: { readonly discard?: boolean },
): (plan: SandboxPlan) => Promise<void> {
  return async (plan) => {
    if (discard === true) return
    for (const each of await look(plan)) {
      const { id, loss } = each
      const more = moreIn(lost.find((shown) => shown.id === id)?.loss ?? null, loss)
      if (more === null) continue
      throw new DiagnosticError(
        [
          {
            severity: 'error',
            code: 'clone/unfetched',
            summary,
            detail:
              `${escapeControls(id)}: ${cloneLossText(more)}\nIt was not there when this call looked first, and nothing of ` +
              `${escapeControls(id)} was removed. Into your repository: ` +
              // What ran runs again.
              `${fetching(invocation, { ...each, isRunning: plan.current !== null })}. To give it up:`,
            command: `${command} --discard`,
          },
        ],
        'approval',
      )
    }
  }
}

/** Null where nothing came to it. Files are compared only while both times somebody could be asked. */
function moreIn(before: CloneLoss | null, now: CloneLoss): CloneLoss | null {
  const known = new Set(before?.branches.map(({ name, tip }) => `${name} ${tip}`))
  const branches = now.branches.filter(({ name, tip }) => !known.has(`${name} ${tip}`))
  const beside = (now.beside ?? []).filter((each) => before?.beside?.includes(each) !== true)
  const isUnknown = now.isUnknown === true && (before?.isUnknown !== true || beside.length > 0)
  const files = before === null ? 0 : before.uncommitted
  const uncommitted = now.uncommitted !== null && files !== null && now.uncommitted > files ? now.uncommitted : 0
  if (branches.length === 0 && !isUnknown && uncommitted === 0) return null
  return { branches, uncommitted, fate: 'removed', ...(isUnknown ? { isUnknown, beside } : {}) }
}
