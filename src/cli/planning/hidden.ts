// What of the workspace is hidden: written down before each start, compared before each session. A plan mends what fell out,
// as it mends a change by another hand; a session beside the agent is refused until one has.

import { join } from 'node:path'
import type { DesiredSandbox, SandboxLabels } from '../../model/desired.js'
import { fail } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import { isAlive, type LiveContainer, type LiveSandbox } from '../../model/live.js'
import type { ContainerTarget, SandboxPlan } from '../../model/plan.js'
import { containerInUse } from '../../plan/in-use.js'
import { planSandbox } from '../../plan/plan.js'
import type { PlanOptions } from '../../plan/situation.js'
import { checkHidden } from '../../resolve/hidden.js'
import { checkUnmoved, fallenOut, folderIdentity, identitiesOf, rememberHidden } from '../../resolve/hidden-state.js'
import type { Host } from '../../resolve/host.js'
import { coveredByOwn, makeOwnFolders } from '../../resolve/own.js'
import { checkSubmounts } from '../../resolve/submounts.js'

/** What the container in use was started to hide and shows; absent where that is nothing. */
export async function fallenOutOf(
  { stateFolder }: Pick<Host, 'stateFolder'>,
  { id, containers }: Pick<LiveSandbox, 'id' | 'containers'>,
): Promise<Pick<PlanOptions, 'fallenOut'>> {
  const current = containerInUse(containers)
  // One that is paused goes on with what it has mounted.
  if (current === null || !isAlive(current)) return {}
  const paths = await fallenOut(stateFolder, id, current)
  return paths.length === 0 ? {} : { fallenOut: paths }
}

/** Where a container is made, and not in every plan after that: what else there is to be hidden, and what own folders cover. */
export async function pointingAtFiles(
  desired: DesiredSandbox,
  live: LiveSandbox,
  planned: { readonly plan: SandboxPlan; readonly options: PlanOptions },
): Promise<{ readonly plan: SandboxPlan; readonly options: PlanOptions }> {
  if (!planned.plan.steps.some((step) => step.do === 'create-container')) return planned
  // This machine's files are not in a clone.
  if (desired.containerSpec.workspace.mode === 'clone') return planned
  const { findSecretFiles } = await import('../../resolve/secret-files.js')
  const { envFile, secrets } = desired.recordSpec
  // What the file itself gives to sessions is no oversight.
  const given = new Set([
    ...Object.keys(envFile),
    ...Object.values(secrets).flatMap((each) => ('file' in each ? [each.file] : [])),
  ])
  const found = await findSecretFiles(desired.workspace, desired.hidden ?? [])
  const looksSecret = found.filter((path) => !given.has(join(desired.workspace, path)))
  const ownCovers = coveredByOwn(desired.containerSpec)
  if (looksSecret.length === 0 && ownCovers.length === 0) return planned
  const options: PlanOptions = {
    ...planned.options,
    ...(looksSecret.length === 0 ? {} : { looksSecret }),
    ...(ownCovers.length === 0 ? {} : { ownCovers }),
  }
  return { plan: planSandbox(desired, live, options), options }
}

/** What would fail a start, while it is still only planned. */
export async function checkWorkspace(
  { stateFolder }: Pick<Host, 'stateFolder'>,
  desired: DesiredSandbox,
  { steps }: SandboxPlan,
  engine: Engine,
): Promise<void> {
  if (!steps.some((step) => step.do === 'start')) return
  const { containerSpec, origins } = desired
  await checkUnmoved(stateFolder, desired, toBeCovered(desired))
  // What is mounted where an engine elsewhere is, nobody here can see.
  if (engine.endpoint.startsWith('unix:')) await checkSubmounts(containerSpec, origins, () => engine.describe())
}

/** This machine's files are not in a clone. */
function toBeCovered({ containerSpec, hidden = [] }: DesiredSandbox): readonly string[] {
  return containerSpec.workspace.mode === 'clone' ? [] : hidden
}

/** Directly before a plan is done, which may start a container. */
export async function beforeStart(
  { stateFolder }: Pick<Host, 'stateFolder'>,
  desired: DesiredSandbox,
  { current, steps }: SandboxPlan,
): Promise<void> {
  const { containerSpec } = desired
  const hidden = toBeCovered(desired)
  if (!steps.some((step) => step.do === 'start')) return
  makeOwnFolders(containerSpec)
  if (hidden.length === 0) return
  const before = current === null ? null : { id: current.containerId, startedAt: current.startedAt }
  await checkUnmoved(stateFolder, desired, hidden)
  await rememberHidden(stateFolder, desired, before, containerSpec.hide)
  // After that, so that what takes its place from now on is another than was written down.
  checkHidden(containerSpec)
}

/**
 * Directly before a container is started that was stopped for something that came to nothing. What it hides is what it was
 * made to hide, whatever the file says by now. Throws where a folder above was moved meanwhile: then it stays stopped.
 */
export async function beforeStartAgain(
  { stateFolder }: Pick<Host, 'stateFolder'>,
  engine: Engine,
  target: ContainerTarget,
): Promise<void> {
  const isIt = ({ id }: { readonly id: string }): boolean => 'id' in target && id === target.id
  const listed = (await engine.list()).find(isIt)
  if (listed?.spec.hide === undefined) return
  const sandboxId = listed.sandbox.id
  const container = (await engine.observe(sandboxId, [])).containers.find(isIt)
  if (container === undefined) return
  const { id, startedAt, spec } = container
  const { workspace, hide } = spec
  if (hide === undefined) return
  const there = identitiesOf(spec)
  const inode = folderIdentity(workspace.path)
  const sandbox = { id: sandboxId, workspace: workspace.path, inode: inode ?? '' }
  await checkUnmoved(stateFolder, sandbox, Object.keys(hide))
  await rememberHidden(stateFolder, sandbox, { id, startedAt }, hide)
  // One that is gone shows nothing, and is no reason for the sandbox to be gone as well.
  const covered = Object.fromEntries(Object.entries(hide).filter(([path]) => there[path] !== null))
  checkHidden({ workspace, hide: covered })
}

/** For a session in what a plan has left, directly before it. */
export async function refuseUncovered(
  host: Pick<Host, 'stateFolder'>,
  { id, displayName, containerSpec: spec }: DesiredSandbox,
  { current, steps }: SandboxPlan,
  containerId: string,
): Promise<void> {
  // When the engine dated a start that was just made is of no matter: it was after the last look.
  const startedAt = steps.some((step) => step.do === 'start') ? 'now' : (current?.startedAt ?? null)
  await refuseFallenOut(host, { id: containerId, startedAt, sandbox: { id, displayName }, spec })
}

/** For a session in what runs. */
export async function refuseFallenOut(
  { stateFolder }: Pick<Host, 'stateFolder'>,
  container: Pick<LiveContainer, 'id' | 'startedAt' | 'spec'> & {
    readonly sandbox: Pick<SandboxLabels, 'id' | 'displayName'>
  },
): Promise<void> {
  const { id, displayName } = container.sandbox
  const paths = await fallenOut(stateFolder, id, container)
  if (paths.length === 0) return
  fail('cli/not-hidden', 'What is hidden can be seen by now', {
    detail:
      `${paths.join(', ')} in ${displayName} may have been replaced since it was started, and a cover goes with the file ` +
      'that it lies on. To have it hidden again, by a restart:',
    command: 'sbx apply',
  })
}
