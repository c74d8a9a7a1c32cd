// From what is declared to a plan: observe, compare, and check early what would fail late.

import { access } from 'node:fs/promises'
import { entrypointVersion } from '../../engine/labels/entrypoint.js'
import { DiagnosticError, fail } from '../../model/diagnostic.js'
import type { DesiredSandbox } from '../../model/desired.js'
import type { Engine } from '../../model/engine.js'
import { isAlive, type ListedContainer, type LiveSandbox } from '../../model/live.js'
import type { SandboxPlan } from '../../model/plan.js'
import type { Risks } from '../../model/risks.js'
import { checkHome } from '../../plan/adoption.js'
import { isFolderUnsure, startedOn } from '../../plan/left-behind.js'
import { planSandbox } from '../../plan/plan.js'
import type { PlanOptions } from '../../plan/situation.js'
import { imageReferences } from '../../plan/steps.js'
import { type RiskFacts, risks } from '../../plan/risks.js'
import { checkLoginOwner } from '../../resolve/login-owner.js'
import { checkPorts } from '../../resolve/ports.js'
import { isAbsent } from '../../resolve/read.js'
import { withNeighbours } from '../../resolve/resolve.js'
import { cautions, checkRuntime } from '../../resolve/runtime.js'
import { checkSources } from '../../resolve/sources.js'
import { lockName } from '../../template/lock-file.js'
import { shellWord } from '../../model/shell-word.js'
import type { withCloneInputs } from './clone-inputs.js'
import type { cloneLeft } from '../clone/clone-loss.js'
import type { Declared } from '../declared/declared.js'
import { checkDenied } from './denied.js'
import { checkWorkspace, fallenOutOf, pointingAtFiles } from './hidden.js'
import type { PlanningOptions } from '../call/options.js'
import { checkNetworks } from './joined-networks.js'
import { checkHomesKnown, loginPaths, planWithHomes } from './plan-homes.js'
import { askRegistry, refusePulls } from '../declared/registry.js'
import { rememberedOf } from './remembered.js'
import { riskFacts } from './risk-facts.js'
import { sshAgentMoved } from '../host/ssh-agent.js'

export type Planned = {
  readonly declared: Declared
  readonly desired: DesiredSandbox
  readonly live: LiveSandbox
  readonly plan: SandboxPlan
  readonly risks: Risks
  /** What it was planned from, so that it can be planned again without asking the engine. */
  readonly options: PlanOptions
  readonly facts: RiskFacts
  /** When it was looked at, by `performance.now()`. */
  readonly lookedAt: number
}

/** Asks the engine, changes nothing. Throws what would make the plan fail, with the line of the file that says it. */
export async function planDeclared(
  declared: Declared,
  engine: Engine,
  options: PlanningOptions,
  observed?: LiveSandbox,
): Promise<Planned> {
  const { host } = declared
  if (options.upgrade === true) declared.pins.heldBack().forEach(options.tell)
  const live = await askRegistry(declared.desired, observed ?? (await observe(declared, engine)), engine, options)
  checkHome(live, declared.desired.displayName)
  const wanted = await withInputs(declared.desired, live, engine, host)
  const desired = withNeighbours(wanted, live.others, host.home)
  const planOptions = {
    scope: host.scope,
    entrypoint: entrypointVersion,
    upgrade: options.upgrade === true,
    recreate: options.recreate === true,
    ...(await whereOthersAre(desired, live, engine, options)),
    ...(declared.loaded.knownProfiles === undefined ? {} : { profiles: declared.loaded.knownProfiles }),
    ...(await proxyOf(desired)),
    ...(options.refreshHome === true ? { refreshHome: { except: loginPaths(declared.template.agent) } } : {}),
    ...rememberedOf(host, desired),
    ...preparesOf(options),
    ...(await fallenOutOf(host, live)),
    ...sshAgentMoved(live, engine),
  }
  const withHomes = await planWithHomes(host.cacheFolder, desired, live, planOptions)
  const pointing = await pointingAtFiles(desired, live, withHomes)
  const { plan } = pointing
  if (options.isThrowAway !== true) await checkDenied(host, desired, plan, live)
  const lookedAt = performance.now()
  const facts = { ...(await riskFacts(plan, live, engine)), ...(await cloneFacts(plan, live, engine, host)) }
  const bare = { declared, desired, live, ...pointing, risks: risks(plan, facts), facts, lookedAt }
  const isKeeping = keepsFiles(declared, options)
  if (isKeeping) await checkKeepable(bare.risks)
  const planned = isKeeping ? keeping(bare) : bare
  if (options.pull === 'never') await refusePulls(desired, planned.plan, engine)
  await checkEarly(desired, live, planned.plan, engine, options.tell)
  await checkWorkspace(host, desired, planned.plan, engine)
  if (options.refreshHome === true) await checkHomesKnown(planned.plan, planned.options, engine)
  return planned
}

async function proxyOf({ egress }: DesiredSandbox): Promise<Pick<PlanOptions, 'proxyConfig'>> {
  if (egress === undefined) return {}
  const { proxyConfigVersion } = await import('../../engine/egress/proxy-config.js')
  return { proxyConfig: proxyConfigVersion() }
}

function preparesOf({ prepares }: PlanningOptions): Pick<PlanOptions, 'runPrepare' | 'skipPrepare'> {
  return prepares === 'all' ? { runPrepare: 'all' } : prepares === 'none' ? { skipPrepare: true } : {}
}

/** Only a clone pays for it. */
async function withInputs(...given: Parameters<typeof withCloneInputs>): ReturnType<typeof withCloneInputs> {
  const [desired] = given
  if (desired.clone === undefined || desired.prepare === undefined) return desired
  return (await import('./clone-inputs.js')).withCloneInputs(...given)
}

/** Only who leaves a clone behind pays for it. */
async function cloneFacts(...given: Parameters<typeof cloneLeft>): Promise<Pick<RiskFacts, 'clone'>> {
  const [plan, { containers }] = given
  const current = containers.find(({ id }) => id === plan.current?.containerId)
  if (plan.action !== 'recreate' || current?.spec.workspace.mode !== 'clone') return {}
  return { clone: await (await import('../clone/clone-loss.js')).cloneLeft(...given) }
}

/** What a person types goes before what the file says. */
function keepsFiles({ desired }: Declared, { keep, discard }: PlanningOptions): boolean {
  return keep === true || (discard !== true && desired.lifecycle.onRecreate === 'keep')
}

/** Before anything is stopped for it. Throws `engine/kept-list`, `engine/too-much-to-keep`. */
export async function checkKeepable({ losses }: Risks): Promise<void> {
  if (losses?.uncounted === 'kept-list') (await import('../../engine/content/kept-changes.js')).failKeptList()
  if (losses?.uncounted === 'too-many') (await import('../../engine/content/own-content.js')).failTooManyChanges()
}

/** The same, with the container's own files carried over, where there are any. */
export function keeping(planned: Planned): Planned {
  const { desired, live, facts } = planned
  if (planned.risks.losses === null || planned.risks.losses.uncounted !== undefined) return planned
  const { files, bytes } = planned.risks.losses
  const keptFiles = { paths: files.count, ...(bytes === null ? {} : { bytes }) }
  const options: PlanOptions = { ...planned.options, keep: 'files', keptFiles }
  const plan = planSandbox(desired, live, options)
  return { ...planned, plan, options, risks: risks(plan, facts) }
}

/** What it is built on matters only where the image itself is missing, which is rare and so costs a second look. */
export async function observe({ desired }: Declared, engine: Engine): Promise<LiveSandbox> {
  const { image, egress } = desired
  const sources = egress === undefined ? [image] : [image, egress.image]
  const live = await engine.observe(
    desired.id,
    sources.map(({ reference }) => reference),
  )
  const isEnough = sources.every(({ reference, steps }) => live.images[reference] !== null || steps.length < 2)
  if (isEnough) return live
  return engine.observe(desired.id, imageReferences(desired))
}

async function checkEarly(
  desired: DesiredSandbox,
  live: LiveSandbox,
  plan: SandboxPlan,
  engine: Engine,
  tell: (line: string) => void,
): Promise<void> {
  const { containerSpec: spec, origins } = desired
  await checkSources({ spec, others: live.others, origins })
  const isProxyMade = plan.steps.some((step) => step.do === 'create-proxy')
  if (isProxyMade) await checkCanLimit(engine)
  const isMade = plan.steps.some((step) => step.do === 'create-container')
  if (isMade) {
    const protection = await engine.protection()
    checkRuntime(spec, protection, origins)
    cautions(spec, protection).forEach(tell)
  }
  const isStart = plan.steps.some((step) => step.do === 'start')
  if (isStart) await checkLoginOwner({ ...desired, others: live.others })
  if (isMade) await checkNetworks(desired, engine)
  if (isMade || isProxyMade) await engine.checkNames(plan.steps)
  // The ports of an engine elsewhere are not this machine's.
  if (engine.endpoint.startsWith('unix:') && isMade) {
    await checkPorts({ spec, current: live.containers.filter(isAlive).map((container) => container.spec), origins })
  }
  for (const step of plan.steps) {
    if (step.do === 'pull-image') await checkImage(step.reference, desired, engine)
  }
}

/** Podman's networks take the machine's address off with no option; what another engine does is seen once it is made. */
async function checkCanLimit(engine: Engine): Promise<void> {
  const name = await engine.describe()
  if (!name.startsWith('podman ')) return
  fail('engine/no-limited-network', 'This engine cannot limit a network', {
    detail: `${name} cannot make a network that the machine itself is not on. Use Docker, or network: none.`,
  })
}

async function checkImage(reference: string, desired: DesiredSandbox, engine: Engine): Promise<void> {
  const { template } = desired.containerSpec
  const { origins } = desired
  try {
    if (template.kind !== 'image' || template.digest === undefined) await engine.checkPullable(reference)
    else if ((await engine.resolveDigest(reference)) === null) failGone(template.reference, template.digest)
  } catch (error) {
    const origin = origins['/template']
    if (!(error instanceof DiagnosticError) || error.kind !== 'failed' || origin?.kind !== 'file') throw error
    throw new DiagnosticError(error.diagnostics.map((diagnostic) => ({ ...diagnostic, at: origin.at })))
  }
}

function failGone(image: string, digest: string): never {
  fail('lock/not-in-registry', 'The registry does not have what the lock file pins', {
    detail: `${lockName} pins ${image} to ${digest}. To pin what the registry has under that name now:`,
    command: `sbx template lock --update ${shellWord(image)}`,
  })
}

/** Records are asked for only where nothing is there yet, so that a folder may have been moved here, and seldom then. */
async function whereOthersAre(
  desired: DesiredSandbox,
  { containers, others }: LiveSandbox,
  engine: Engine,
  { missingWorkspaces: known, folders }: PlanningOptions,
): Promise<Pick<PlanOptions, 'missingWorkspaces' | 'folders'>> {
  const missing = { missingWorkspaces: known ?? (await missingWorkspaces(others)) }
  if (folders !== undefined) return { ...missing, folders }
  if (containers.length > 0 || !isFolderUnsure(desired, others, missing)) return missing
  return { ...missing, folders: startedOn((await engine.survey([])).records) }
}

/** Workspaces of these containers that are no longer on this machine. */
export async function missingWorkspaces(containers: readonly ListedContainer[]): Promise<readonly string[]> {
  const paths = [...new Set(containers.map(({ sandbox }) => sandbox.workspace))]
  const isMissing = await Promise.all(paths.map(missing))
  return paths.filter((_, index) => isMissing[index])
}

async function missing(path: string): Promise<boolean> {
  try {
    await access(path)
    return false
  } catch (error) {
    // A folder that cannot be looked at is not one that is gone.
    return isAbsent(error)
  }
}
