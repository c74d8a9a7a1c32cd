// Doing an adoption, and taking it back where it does not come to its end. What a call that is killed leaves is told by the
// marks, and the next one goes on from there.

import { type Diagnostic, DiagnosticError, fail } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { VolumeContent } from '../../model/volumes.js'
import { isAlive, type LiveSandbox } from '../../model/live.js'
import type { SandboxPlan } from '../../model/plan.js'
import { shellWord } from '../../model/shell-word.js'
import type { Adoption, VolumeStep } from '../../plan/adoption.js'
import { withLine } from '../../plan/after-failure.js'
import { callLike } from '../call/call.js'
import { type Invocation, tell, varied } from '../call/invocation.js'
import { performPlan, type PerformOptions, startableAgain } from '../applying/perform.js'
import { tellingOfInterrupts, type Unfinished } from './whole-copy.js'

/** Names of the volumes that the homes are in, and the sandbox whose home goes, as it was before anything was done. */
type Homes = {
  readonly source: string
  readonly target: string
  readonly old: LiveSandbox
  /** Throws where its clone has what nobody was asked about. `copied`: what this call copies has arrived. */
  readonly lookAgain: (when: 'planned' | 'copied', whatRuns: SandboxPlan['current']) => Promise<void>
}

/**
 * Gives what was copied, null where an earlier call did. Where it fails, the old sandbox is as it was, and so is the home
 * that was there before. Throws `adopt/home-taken` where another call has made a home, or is adopting, in the meantime,
 * `adopt/at-work` where the old one was, and `clone/unfetched` where something has come to its clone that would be lost.
 */
export async function performAdoption(
  invocation: Invocation,
  engine: Engine,
  adoption: Adoption,
  homes: Homes,
): Promise<VolumeContent | null> {
  // Several plans with copies between them are no list of steps that a script could follow.
  const call =
    invocation.options.json === true ? varied(invocation, { options: { json: false, quiet: true } }) : invocation
  const copying: Copying = (what, work) => tellingOfInterrupts(invocation, unfinished(what, homes), work)
  const { old, lookAgain } = homes
  await performPart(call, engine, adoption.stop, adoption, {
    beforeStop: async () => lookAgain('planned', whatRuns(adoption, old)),
  })
  let content: VolumeContent | null
  try {
    content = await copyHome(call, engine, adoption, { ...homes, copying })
  } catch (error) {
    const failures = await copying('what it had begun was being taken back', () =>
      takeBack(invocation, engine, adoption, homes),
    )
    const way: readonly Diagnostic[] = failures.map((failure) => ({
      ...failure,
      detail: `${failure.detail ?? ''}\nTo go on from here:`,
      command: 'sbx adopt',
    }))
    throw withLine(error, '', way)
  }
  await finish(varied(call, { signal: new AbortController().signal }), engine, adoption, async () => {
    await checkAtRest(engine, old, 'What was done in it since is in it alone, and nothing of it was removed.')
    await lookAgain('copied', null)
  })
  return content
}

/** `what` was under way. */
type Copying = <Result>(what: string, work: () => Promise<Result>) => Promise<Result>

/** What is there when nothing more is waited for. The marks say it to the next call. */
function unfinished(what: string, { source, target, old }: Homes): Unfinished {
  return {
    detail:
      `sbx adopt: ${what}. Nothing is lost: the home of ${old.id} is whole in ${source}, and what was in ${target} before ` +
      `is there or in a copy beside it. ${old.id} was stopped for it, and no sandbox starts on half of a copy. To go on:`,
    command: `sbx adopt ${shellWord(old.id)}`,
  }
}

async function copyHome(
  call: Invocation,
  engine: Engine,
  adoption: Adoption,
  { source, target, old, copying, lookAgain }: Homes & { readonly copying: Copying },
): Promise<VolumeContent | null> {
  const { marks, setAside, aside, isHalf, make, clone } = adoption
  if (make === null) return null
  if (setAside !== null && aside !== null) {
    await makeOwn(engine, marks.aside)
    await makeOwn(engine, setAside)
    tell(call, [`  copying ${target} to ${aside}, until the other is there`])
    await copying(`${target} was being copied to ${aside}`, () => engine.copyVolume(target, aside, call.signal))
  }
  if (!isHalf) await makeOwn(engine, marks.copying)
  await performPart(call, engine, make, adoption)
  await checkOwn(engine, make.home)
  tell(call, [`  copying ${source} to ${target}`])
  const content = await copying(`${source} was being copied to ${target}`, () =>
    engine.copyVolume(source, target, call.signal),
  )
  if (clone !== null) {
    await makeOwn(engine, clone.target)
    const [from, to] = [clone.source, clone.target.name]
    tell(call, [`  copying ${from} to ${to}`])
    await copying(`${from} was being copied to ${to}`, () => engine.copyVolume(from, to, call.signal))
  }
  if (call.signal.aborted) fail('engine/interrupted', 'Interrupted', {}, 'interrupted')
  await checkAtRest(engine, old, 'The copy may not be all of it. Nothing is lost.')
  await lookAgain('copied', whatRuns(adoption, old))
  await engine.perform(marks.copied)
  return content
}

/** Of the old one, once what was begun is taken back. */
function whatRuns({ after }: Pick<Adoption, 'after'>, { containers }: LiveSandbox): SandboxPlan['current'] {
  return containers.some(isAlive) ? after.current : null
}

/** What was written after it was copied would go with the old one. */
async function checkAtRest(engine: Engine, old: LiveSandbox, outcome: string): Promise<void> {
  const { containers } = await engine.observe(old.id, [])
  const before = new Map(old.containers.map(({ id, startedAt }) => [id, startedAt]))
  const again = containers.find((each) => isAlive(each) || before.get(each.id) !== each.startedAt)
  if (again === undefined) return
  fail('adopt/at-work', 'The old sandbox was at work again', {
    detail: `${again.name} was started while, or after, its home was copied. ${outcome}`,
  })
}

async function makeOwn(engine: Engine, step: VolumeStep): Promise<void> {
  await engine.perform(step)
  await checkOwn(engine, step)
}

/** One that is there already is another call's. */
async function checkOwn(engine: Engine, step: VolumeStep): Promise<void> {
  if ((await engine.madeBy(step)).made === true) return
  fail('adopt/home-taken', 'Another call came first', {
    detail: `It has made ${step.name} in the meantime. Nothing was copied, and nothing is lost.`,
  })
}

async function finish(
  call: Invocation,
  engine: Engine,
  adoption: Adoption,
  beforeRemoval: () => Promise<void>,
): Promise<void> {
  try {
    await performPart(call, engine, adoption.after, adoption, { beforeRemoval })
  } catch (error) {
    throw withLine(error, `The home has arrived, and is whole. To remove the rest: ${callLike(call, 'sbx adopt')}`)
  }
}

/** Whoever stops in the middle of a part goes on with the whole. */
async function performPart(
  call: Invocation,
  engine: Engine,
  plan: SandboxPlan,
  { after }: Pick<Adoption, 'after'>,
  looks: Pick<PerformOptions, 'beforeStop' | 'beforeRemoval'> = {},
): Promise<void> {
  const goOn = callLike(call, `sbx adopt ${shellWord(after.id)}`)
  if (plan.steps.length > 0) await performPlan(call, engine, plan, { goOn, ...looks })
}

/** Gives what to tell of what could not be taken back. What this call has not made stays. */
async function takeBack(
  invocation: Invocation,
  engine: Engine,
  adoption: Adoption,
  { target }: Homes,
): Promise<readonly Diagnostic[]> {
  const failures: Diagnostic[] = []
  const trying = async (doing: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      failures.push(notUndone(doing, error))
    }
  }
  await trying('put the home back', () => putBack(engine, adoption, target))
  for (const step of adoption.stop.steps) {
    if (step.do !== 'stop' || !('id' in step.target)) continue
    const { id } = step.target
    await trying('start', async () => {
      // The one that names the home may have gone already.
      if ((await engine.list()).some((container) => container.id === id)) {
        await startableAgain(invocation, engine, { id })
        await engine.perform({ do: 'start', target: { id } })
      }
    })
  }
  return failures
}

/** The home as it was, then the marks, the last one first: whoever is killed over it leaves marks that are true. */
async function putBack(
  engine: Engine,
  { marks, setAside, aside, isHalf, make, clone }: Adoption,
  target: string,
): Promise<void> {
  if (make === null) return
  const isOurs = async (step: VolumeStep): Promise<boolean> => (await engine.madeBy(step)).made === true
  const remove = (name: string): Promise<unknown> => engine.perform({ do: 'remove-volume', name })
  const isHomeOurs = await isOurs(make.home)
  const isMarkOurs = !isHalf && (await isOurs(marks.copying))
  if (isHomeOurs) {
    await remove(marks.copied.name)
    await remove(target)
  }
  if (clone !== null && (await isOurs(clone.target))) await remove(clone.target.name)
  const isGone = isHomeOurs || (isMarkOurs && !(await engine.observe(make.id, [])).hasHome)
  if (aside !== null && isGone) {
    await engine.perform(make.home)
    await engine.copyVolume(aside, target, new AbortController().signal)
  }
  // What an earlier call left half done, and is so still, goes on being marked as that.
  if (isHalf && !isHomeOurs) return
  if (isHomeOurs || isMarkOurs) await remove(marks.copying.name)
  if (aside !== null && (setAside === null || (await isOurs(marks.aside)))) {
    await remove(aside)
    await remove(marks.aside.name)
  }
}

function notUndone(doing: string, error: unknown): Diagnostic {
  const why = error instanceof DiagnosticError ? (error.diagnostics[0]?.detail ?? error.message) : String(error)
  return {
    ...{ severity: 'error', code: 'adopt/not-undone', summary: 'A step could not be taken back' },
    detail: `${doing}: ${why}`,
  }
}
