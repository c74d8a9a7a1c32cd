// One call with one fault in it, and what must hold after it, whatever the fault was and wherever it struck.

import { holderOf } from '../../../src/engine/container/holder.js'
import type { Project, Ran } from '../../e2e/support/project.js'
import { call } from './call.js'
import type { CallName, Fault } from './faulty-proxy.js'
import { openness, reachBefore } from './reach.js'
import { damage, hasCertificates, hasOwn, removeByHand, running, see, type Seen } from './sandbox.js'
import type { Scenario } from './scenarios.js'
import type { Stage } from './stage.js'

export type Trial = { readonly at: CallName; readonly fault: Fault }

const questions = ['refused', 'cut-before', 'cut-after', 'delayed', 'down-before'] as const satisfies readonly Fault[]
const changes = [
  ...(['refused', 'conflict', 'missing', 'cut-before', 'cut-after', 'failed', 'delayed', 'twice'] as const),
  ...(['down-before', 'down-after'] as const),
] satisfies readonly Fault[]

/** Every fault of every call of a run without any. */
export function trialsOf(calls: readonly CallName[]): readonly Trial[] {
  return calls.flatMap((at) => faultsOf(at).map((fault) => ({ at, fault })))
}

/** Fewer of a question: with an answer that does not come, and with no engine to take anything back on. */
export function fewerTrialsOf(calls: readonly CallName[]): readonly Trial[] {
  return trialsOf(calls).filter(
    ({ at, fault }) => !/^(GET|HEAD) /.test(at) || fault === 'cut-before' || fault === 'down-before',
  )
}

/** An engine that says of what it has, and is told to remove, that it is not there: that would be believed, and is none. */
function faultsOf(at: CallName): readonly Fault[] {
  if (/^(GET|HEAD) /.test(at)) return questions
  return at.startsWith('DELETE ') ? changes.filter((fault) => fault !== 'missing') : changes
}

/** What is wrong afterwards, a line each; none where all is as it must be. */
export async function attempt(stage: Stage, scenario: Scenario, trial: Trial): Promise<readonly string[]> {
  const { project, proxy } = stage
  await stage.prepare(scenario)
  const [before, allowed] = await Promise.all([see(project), reachBefore(project)])
  proxy.arm(trial)
  const ran = await stage.callThrough(scenario.args)
  const hasStruck = proxy.hasStruck()
  const after = await see(project)
  const problems = [
    ...(hasStruck ? [] : ['the call was never made']),
    ...told(ran, scenario, before),
    ...(trial.fault.startsWith('down') ? [] : leftBy(ran, scenario, before, after)),
    ...(await openness(project, [...allowed, stage.allowed])),
    ...(await problemsOfEnd(stage, scenario, after)),
  ]
  return problems.map((problem) => `${scenario.name}, ${trial.fault} at ${trial.at}: ${problem}\n${indented(ran)}`)
}

function indented({ exitCode, stderr }: Ran): string {
  return `    exit ${String(exitCode)}\n${stderr.trimEnd().replaceAll(/^/gm, '    ')}`
}

/** A failure is told as one, with the exit code that it has, and what is said of what became of the sandbox is true. */
function told({ exitCode, stderr }: Ran, scenario: Scenario, before: Seen): string[] {
  if (exitCode === 0) return []
  const isKnown = exitCode === 1 || exitCode === 69
  return [
    ...(isKnown && /^error: /m.test(stderr) ? [] : ['the failure is not told']),
    ...(/bug in sbx/.test(stderr) ? ['a bug is told'] : []),
    ...(scenario.end === 'runs' && before.containers.length === 0 && /runs again/.test(stderr)
      ? ['it says that one runs again that never was']
      : []),
  ]
}

/** What one call that failed may leave: all as it was, or all as it shall be, but for what the next call removes. */
function leftBy({ exitCode, stderr }: Ran, { end }: Scenario, before: Seen, after: Seen): string[] {
  if (exitCode !== 0 && isPutBack(stderr, before, after)) return []
  const isNew = running(after).some((id) => !running(before).includes(id))
  const isThere =
    end === 'runs'
      ? running(after).length === 1 && (isNew || after.containers.length === 1)
      : end === 'stopped'
        ? running(after).length === 0 && after.containers.length === 1
        : after.containers.length === 0
  if (isThere && (exitCode === 0 || end !== 'runs' || !/was left behind|runs again|as it was/.test(stderr))) return []
  return [`before ${JSON.stringify(before)}\n    after ${JSON.stringify(after)}`]
}

/** Whether all is as it was, but for one that was paused: it goes on where it was stopped meanwhile, which is told. */
export function isPutBack(stderr: string, before: Seen, after: Seen): boolean {
  const unpaused = before.containers.map((each) => (each.state === 'paused' ? { ...each, state: 'running' } : each))
  const isNow = (containers: Seen['containers']): boolean =>
    JSON.stringify([containers, before.records, before.proxies]) ===
    JSON.stringify([after.containers, after.records, after.proxies])
  return isNow(before.containers) || (/runs again/.test(stderr) && isNow(unpaused))
}

/** Without faults the same once more must end well, and leave nothing to be done and nothing that nobody needs. */
export async function problemsOfEnd(
  stage: Stage,
  { args, end, hasHome, hasOwnFile, check }: Scenario,
  after: Seen,
): Promise<string[]> {
  if (await stage.isWhereItBegan()) return []
  const { project, allowed } = stage
  if (end === 'gone') return problemsOfRemoval(project, args, after)
  const again = await call(project, args)
  if (again.exitCode !== 0) return [`the next one fails\n${indented(again)}`]
  const seen = await see(project)
  const planned = await call(project, ['plan', '--detailed-exitcode'])
  const wanted = end === 'runs' ? 'running' : 'exited'
  return [
    ...(planned.exitCode === (end === 'runs' ? 0 : 2) ? [] : [`there is more to do\n${planned.stdout}`]),
    ...(seen.containers.length === 1 &&
    seen.containers[0]?.state === wanted &&
    JSON.stringify(seen.proxies.map(({ state }) => state)) === JSON.stringify(allowed === null ? [] : [wanted]) &&
    seen.limitedNetworks.length === (allowed === null ? 0 : 1) &&
    seen.records.length === 1 &&
    seen.idleImages.length === 0
      ? []
      : [`in the end ${JSON.stringify(seen)}`]),
    ...(await openness(project, [allowed])),
    ...(await strayLooks(project)),
    ...((await check?.(stage)) ?? []),
    ...(await wholeness(project, hasHome)),
    ...(hasOwnFile === true && !(await hasOwn(project)) ? ["the container's own file is lost"] : []),
  ]
}

async function problemsOfRemoval(project: Project, args: readonly string[], after: Seen): Promise<string[]> {
  const again = await call(project, after.containers.length > 0 ? args : ['prune', '--yes'])
  if (again.exitCode !== 0) return [`the next one fails\n${indented(again)}`]
  await call(project, ['prune', '--yes'])
  const seen = await see(project)
  const { containers, proxies, looks, records, networks, idleImages } = seen
  const isGone = [containers, proxies, looks, records, networks, idleImages].every((each) => each.length === 0)
  return isGone && seen.homes.length === 1 ? [] : [`in the end ${JSON.stringify(seen)}`]
}

/** What `prune` does not take of what a call looked with; that of this very process goes by hand. */
async function strayLooks(project: Project): Promise<string[]> {
  if ((await see(project)).looks.length === 0) return []
  const pruned = await call(project, ['prune', '--yes'])
  const own = exceptMachine(await holderOf(''))
  const left = (await project.containers()).filter(({ Labels }) => Labels['dev.sbx.holder'] !== undefined)
  await removeByHand(
    project,
    left.map(({ Id }) => Id),
  )
  const isKnown = left.every(({ Labels }) => exceptMachine(Labels['dev.sbx.holder'] ?? '[]') === own)
  return pruned.exitCode === 0 && isKnown ? [] : [`prune leaves ${JSON.stringify(left)}\n${indented(pruned)}`]
}

/** Of a holder, all but what the first field says. */
function exceptMachine(holder: string): string {
  return JSON.stringify((JSON.parse(holder) as readonly unknown[]).slice(1))
}

/** The home of a first create holds nothing yet that somebody could miss. */
async function wholeness(project: Project, hasHome: boolean): Promise<string[]> {
  const found = hasHome ? await damage(project) : null
  const isCertified = process.env['NODE_EXTRA_CA_CERTS'] === undefined || (await hasCertificates(project))
  return [...(found === null ? [] : [found]), ...(isCertified ? [] : ['the certificates are missing'])]
}

/** Where it left a container that is not in use, the plan says so, with both ways out. */
export async function notNamed({ project }: Stage, { end }: Scenario): Promise<string[]> {
  const seen = await see(project)
  if (end !== 'runs' || seen.containers.length === 0) return []
  const { stdout, stderr, exitCode } = await call(project, ['plan'])
  if (exitCode !== 0) return [`the plan fails\n${stderr}`]
  const isHalf = seen.containers.length > 1 || (running(seen).length === 0 && seen.containers[0]?.state === 'created')
  const isNamed = /unfinished apply/.test(stdout)
  const isExplained = seen.containers.length === 1 || /finish it: sbx apply +undo it: sbx prune/.test(stdout)
  return isHalf && !(isNamed && isExplained) ? [`the plan names nothing unfinished\n${stdout}`] : []
}
