// The whole line: what the file and the flags say, a plan, its apply, and then the agent's terminal and exit code.

import type { RunFlags } from '../../config/flags.js'
import type { Engine } from '../../model/engine.js'
import type { Grant } from '../../model/grant.js'
import type { LiveSandbox } from '../../model/live.js'
import type { RecordSpec } from '../../model/spec.js'
import { containerInUse } from '../../plan/in-use.js'
import { newestRecord } from '../../plan/live-spec.js'
import { type Host, readHost } from '../../resolve/host.js'
import { rememberApplied } from '../approving/approvals.js'
import { approve, approveUndoing, isToBeApproved } from '../approving/approve.js'
import { calledAgain } from '../call/change-flags.js'
import { askAboutKept, nothingDone } from './ask-about-kept.js'
import { attach, isAtTerminal, prepareSession } from './attach.js'
import { withEngine } from '../call/connect.js'
import { declare, type Declared, loadDeclared } from '../declared/declared.js'
import { flagWords, keptFlags, literalVariables, placeFlags, recordedFlags, runFlags } from '../declared/flags.js'
import { refuseUncovered } from '../planning/hidden.js'
import { type Invocation, isInteractive, tell, telling } from '../call/invocation.js'
import { rejoin, runKept, startDetached } from './kept-run.js'
import { bringUp } from '../applying/perform.js'
import { readyToDo } from '../applying/ready-to-do.js'
import { observe, planDeclared, type Planned } from '../planning/planning.js'
import { type Leaving, whenLeft } from './notify.js'
import type { ChangeOptions, RunOptions } from '../call/options.js'
import { callPins } from '../declared/pins.js'
import { type Draft, draftWith, refuseForgotten, save } from '../declared/save.js'
import { readSessionFiles } from '../host/session-files.js'
import { showPlan } from '../planning/show-plan.js'
import { checkLocked } from '../declared/template-lock.js'
import { typedGrants } from '../approving/typed-grants.js'
import { tellUnseenEnds } from './unseen-ends.js'

export async function run(
  invocation: Invocation,
  agent: string | undefined,
  agentArgs: readonly string[],
  options: RunOptions,
): Promise<number> {
  if (options.worktree !== undefined && options.workspace === undefined) {
    const { runInWorkTree } = await import('../worktree/run-in-worktree.js')
    const { worktree } = options
    return runInWorkTree(invocation, worktree, (workspace) =>
      run(invocation, agent, agentArgs, { ...options, workspace }),
    )
  }
  const host = await readHost(invocation.env)
  if (options.locked === true) await checkLocked(invocation, host)
  return withEngine(invocation, host, async (engine) => {
    const given = runFlags(options, agent, invocation.workingFolder)
    const declared = await declareWithFlags(invocation, host, engine, given, options)
    if (options.worktree !== undefined && declared.live.containers.length === 0) {
      const { sharedNameLines } = await import('../worktree/run-in-worktree.js')
      tell(invocation, sharedNameLines(declared))
    }
    const planAgain = async (over: ChangeOptions, live?: LiveSandbox): Promise<Planned> => {
      const prepares = options.prepare === false ? { prepares: 'none' as const } : {}
      const asked = { ...options, ...over, ...prepares, tell: telling(invocation) }
      const planned = await planDeclared(declared, engine, asked, live)
      if (isToBeApproved(planned)) {
        await showPlan(invocation, planned, engine, { stream: invocation.errors, next: null, typed: declared.typed })
      }
      return planned
    }
    const first = await planAgain({}, declared.live)
    const { desired: wanted, live } = declared
    const container = containerInUse(live.containers)
    const spec = container?.spec ?? wanted.containerSpec
    await tellUnseenEnds(invocation, engine, host, { sandboxId: live.id, spec, container })
    const leaving = await whenLeft(invocation, declared, engine, options)
    const goOn = await goOnWithKept(invocation, engine, declared, { ...options, leaving })
    if (goOn !== null) return goOn
    const command = ['sbx run', ...flagWords(given), ...fateWords(options)].join(' ')
    const request = { ...options, command, mustAsk: false, typed: declared.typed, engine, replan: planAgain }
    const planned = isToBeApproved(first) ? await approve(invocation, first, request) : first
    const { desired, plan } = planned
    const isKept = options.detach === true || isAtTerminal(invocation)
    // Before anything is started: a session that cannot be had should not cost a sandbox.
    const session = await prepareSession(invocation, {
      containerSpec: desired.containerSpec,
      record: desired.recordSpec,
      agent: declared.template.agent,
      host,
      command: { agentArgs },
      flagEnv: declared.flagEnv,
      origins: desired.origins,
      files: await readSessionFiles(host, desired),
      isKept,
    })
    const { draft, flagEnv } = declared
    const doing = await readyToDo(invocation, engine, planned, options, {
      ...{ ...calledAgain(invocation, command, options), flagEnv },
      ...(draft === null ? {} : { save: () => save(invocation, draft) }),
    })
    const containerId = await bringUp(invocation, engine, plan, doing)
    await rememberApplied(invocation, engine, planned)
    await refuseUncovered(host, desired, plan, containerId)
    const place = { engine, containerId, sandboxId: desired.id, ...leaving(containerId) }
    if (options.detach === true) return startDetached(invocation, place, session)
    return isKept ? runKept(invocation, place, session) : attach(invocation, engine, containerId, session, 'agent')
  })
}

/** Asks where one runs already that somebody can go on with; null where a session is to be begun. */
async function goOnWithKept(
  invocation: Invocation,
  engine: Engine,
  { live, template: { agent }, host }: DeclaredRun,
  options: RunOptions & { readonly leaving: Leaving },
): Promise<number | null> {
  if (options.detach === true || options.new === true) return null
  if (!isAtTerminal(invocation) || !isInteractive(invocation)) return null
  const container = containerInUse(live.containers)
  if (container?.state !== 'running') return null
  const chosen = await askAboutKept(invocation, engine, container)
  if (chosen === 'new') return null
  if (chosen === null) {
    tell(invocation, [nothingDone])
    return 0
  }
  const place = { engine, containerId: container.id, sandboxId: live.id, ...options.leaving(container.id) }
  return rejoin(invocation, place, { session: chosen, agent, containerSpec: container.spec, host })
}

type DeclaredRun = Declared & {
  readonly live: LiveSandbox
  /** Values that only this call knows. */
  readonly flagEnv: Readonly<Record<string, string>>
  /** What the flags of this very call allow; those that stay from an earlier one allow only what they did then. */
  readonly typed: ReadonlySet<string>
  /** The file that this is declared by, to be written before it is applied; null where nothing is to be. */
  readonly draft: Draft | null
}

/** What is to become of the flags, as it would be typed. */
function fateWords({ reset, save: isSaved, prepare }: RunOptions): readonly string[] {
  return [
    ...(reset === true ? ['--reset'] : []),
    ...(isSaved === true ? ['--save'] : []),
    ...(prepare === false ? ['--no-prepare'] : []),
  ]
}

/**
 * Flags lie over the file for this call. Where there is no file, those that the sandbox was made with stay until
 * `--reset`; where there is one, going back to it is a change that a person is asked about. With `--save` the file has
 * them all.
 */
async function declareWithFlags(
  invocation: Invocation,
  host: Host,
  engine: Engine,
  given: RunFlags,
  options: RunOptions,
): Promise<DeclaredRun> {
  const pins = callPins(invocation, host, { locked: options.locked === true })
  const loaded = await loadDeclared(invocation, host, pins, { flags: given })
  const flagEnv = literalVariables(given)
  const declared = await declare(loaded, host, pins, { flags: recordedFlags(given) })
  const live = await observe(declared, engine)
  const typed = typedGrants(declared, live)
  const asGiven = { ...declared, live, flagEnv, typed, draft: null }
  const earlier = newestRecord(live.records)?.spec ?? null
  const kept =
    earlier === null || options.reset === true
      ? null
      : keptFlags(earlier.flags, given, (name) => earlier.env[name]?.from === 'host')
  if (options.save === true) {
    refuseForgotten(invocation, given, kept?.forgotten ?? [])
    return declareSaved(invocation, engine, asGiven, kept?.flags ?? given, options)
  }
  if (earlier === null || kept === null) return asGiven
  if (loaded.file !== null) {
    await approveUndoing(invocation, kept.dropped, options)
    return asGiven
  }
  const both = await declare(await loadDeclared(invocation, host, pins, { flags: kept.flags }), host, pins, {
    flags: recordedFlags({ ...kept.flags, env: [...kept.flags.env, ...kept.forgotten] }),
    keptEnv: Object.fromEntries(kept.forgotten.flatMap((name) => recordedValue(earlier, name))),
  })
  return { ...both, live: await observe(both, engine), flagEnv, typed, draft: null }
}

/** By the file as it is going to be, so that what is approved is what will stand there. */
async function declareSaved(
  invocation: Invocation,
  engine: Engine,
  given: DeclaredRun,
  flags: RunFlags,
  options: RunOptions,
): Promise<DeclaredRun> {
  const { host } = given
  const draft = await draftWith(invocation, host, given.loaded, flags)
  const pins = callPins(invocation, host, { locked: options.locked === true })
  const loaded = await loadDeclared(invocation, host, pins, { flags: placeFlags(flags), draft })
  const declared = await declare(loaded, host, pins)
  // A personal file can say otherwise than the project's, and that was not typed.
  const wasTyped = ({ key, value }: Grant): boolean =>
    given.typed.has(key) && given.desired.grants.some((grant) => grant.key === key && grant.value === value)
  const typed = new Set(declared.desired.grants.filter(wasTyped).map(({ key }) => key))
  return { ...declared, live: await observe(declared, engine), flagEnv: {}, typed, draft }
}

function recordedValue(record: RecordSpec, name: string): [string, RecordSpec['env'][string]][] {
  const value = record.env[name]
  return value === undefined ? [] : [[name, value]]
}
