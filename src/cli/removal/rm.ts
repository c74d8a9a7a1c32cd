import { fail } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { Leftovers } from '../../model/leftovers.js'
import { isAlive, type ListedContainer } from '../../model/live.js'
import { loginFolder } from '../../model/names.js'
import type { SandboxPlan } from '../../model/plan.js'
import { planRemoval, removedIn } from '../../plan/removal.js'
import { type Host, readHost } from '../../resolve/host.js'
import { shellWord } from '../../model/shell-word.js'
import type { OpenIn } from './approve-removal.js'
import { callLike } from '../call/call.js'
import { withEngine } from '../call/connect.js'
import { type Invocation, tell } from '../call/invocation.js'
import { performPlans } from '../applying/perform.js'
import type { RemoveOptions } from '../call/options.js'
import { sandboxesOf } from '../declared/sandboxes.js'
import { selectSandboxes } from '../declared/select.js'
import { sideBySide } from '../call/side-by-side.js'
import { tellUnseenEnds } from '../session/unseen-ends.js'

/** Homes stay unless asked for; an agent's login, shared by all its sandboxes, stays in any case. */
export async function rm(invocation: Invocation, names: readonly string[], options: RemoveOptions): Promise<number> {
  const host = await readHost(invocation.env)
  return withEngine(invocation, host, (engine) => removeFrom(invocation, engine, host, names, options))
}

/** Those of this engine. */
export async function removeFrom(
  invocation: Invocation,
  engine: Engine,
  host: Host,
  names: readonly string[],
  options: RemoveOptions,
): Promise<number> {
  const [listed, leftovers] = await Promise.all([engine.list(), engine.listLeftovers()])
  const { homes, workspaces, owns, records, proxies, networks } = leftovers
  const left = [...homes, ...workspaces, ...owns, ...records, ...proxies, ...networks]
  const kept = new Set(left.map(({ sandboxId }) => sandboxId))
  const isKept = (name: string): boolean => kept.has(name) && !listed.some(({ sandbox }) => sandbox.id === name)
  const here = names.filter((name) => !isKept(name))
  const selected = names.length > 0 && here.length === 0 ? [] : await selectSandboxes(invocation, host, listed, here)
  const ids = [...selected.map(({ id }) => id), ...names.filter(isKept)]
  const plans = await sideBySide(8, ids, async (id) =>
    planRemoval(await engine.observe(id, []), { volumes: options.volumes === true, leftovers }),
  )
  const { volumes, containers } = removedIn(plans.flatMap(({ steps }) => steps))
  if (volumes.length > 0) await engine.checkUnused(volumes, containers)
  const { leftTrees } = await import('../worktree/rm-worktree.js')
  const trees = await leftTrees(invocation, host, listed, ids, options.worktree === true)
  const { approveRemoval } = await import('./approve-removal.js')
  const { lostClones, newlyLost } = await import('../approving/approve-clones.js')
  const look = async (each: readonly SandboxPlan[]) => lostClones(engine, host, each, leftovers, invocation.signal)
  const open = options.force === true ? [] : await openSessions(engine, plans)
  const lost = options.discard === true ? [] : await look(plans)
  const callWith = (more: Pick<RemoveOptions, 'force' | 'discard'>) => removalCommand(plans, { ...options, ...more })
  await approveRemoval(invocation, { open, lost, command: callWith })
  const command = callWith(open.length > 0 ? { force: true } : {})
  if (options.export !== undefined) await exportOne(invocation, engine, ids, leftovers.homes, options.export)
  const lookAgain = newlyLost(lost, async (plan) => look([plan]), invocation, command, options)
  const code = await performPlans(invocation, engine, plans, 'Removed', { lookAgain })
  tell(invocation, keptText(invocation, ids, listed, options.volumes === true ? noVolumes : leftovers))
  for (const { sandbox, spec } of sandboxesOf(listed.filter(({ sandbox }) => ids.includes(sandbox.id)))) {
    await tellUnseenEnds(invocation, engine, host, { sandboxId: sandbox.id, spec, container: null })
  }
  await trees.offer()
  return code
}

const noVolumes: Pick<Leftovers, 'homes' | 'workspaces'> = { homes: [], workspaces: [] }

/** Of what was asked for, whatever else had to be said. */
function removalCommand(
  plans: readonly SandboxPlan[],
  { volumes, force, worktree, discard, export: file }: RemoveOptions,
): string {
  return [
    'sbx rm',
    ...(force === true ? ['--force'] : []),
    ...(volumes === true ? ['--volumes'] : []),
    ...(worktree === true ? ['--worktree'] : []),
    ...(file === undefined ? [] : [`--export ${shellWord(file)}`]),
    ...plans.map((plan) => shellWord(plan.id)),
    ...(discard === true ? ['--discard'] : []),
  ].join(' ')
}

/** What Docker 20.10 was seen to do, and what its notes say of 23.0 and later. */
const takenByOthers =
  '`docker volume prune` takes a home without a sandbox: before Docker 23 as it is, since then with --all.'

/** Of one that runs, the home is written once nobody writes into it any more; where that fails, it runs again. */
async function exportOne(
  invocation: Invocation,
  engine: Engine,
  ids: readonly string[],
  homes: Leftovers['homes'],
  file: string,
): Promise<void> {
  const [id = '', ...more] = ids
  const home = homes.find(({ sandboxId }) => sandboxId === id)
  if (more.length > 0) {
    const detail = `--export writes one home, and these are ${ids.join(', ')}. Name one.`
    fail('cli/export-one', 'Only one home can be exported', { detail }, 'usage')
  }
  if (home === undefined) fail('cli/no-home', 'There is no home to export', { detail: `${id} has none.` })
  const { exportHome } = await import('./export-home.js')
  await exportHome(invocation, engine, { volume: home.name, sandboxId: id }, file)
}

/** What is still on the engine of what was removed, and the command for each. */
function keptText(
  invocation: Invocation,
  ids: readonly string[],
  listed: readonly ListedContainer[],
  { homes, workspaces }: Pick<Leftovers, 'homes' | 'workspaces'>,
): string[] {
  const withHome = ids.filter((id) => homes.some(({ sandboxId }) => sandboxId === id))
  const withClone = ids.filter((id) => workspaces.some(({ sandboxId }) => sandboxId === id))
  const what = (id: string): string => (withClone.includes(id) ? 'The home and the clone' : 'The home')
  const sharing = listed.filter(({ sandbox, spec }) => ids.includes(sandbox.id) && loginFolder in spec.volumes)
  const agents = [...new Set(sharing.map(({ sandbox }) => sandbox.agent))]
  return [
    ...withHome.map(
      (id) =>
        `${what(id)} of ${id} ${withClone.includes(id) ? 'stay' : 'stays'}; to remove ${withClone.includes(id) ? 'them' : 'it'}: ${callLike(invocation, `sbx rm --volumes ${shellWord(id)}`)}`,
    ),
    ...(withHome.length === 0 ? [] : [takenByOthers]),
    ...agents.map(
      (agent) =>
        `The login that sandboxes of ${agent} share stays; to remove it: ${callLike(invocation, `sbx logout ${shellWord(agent)}`)}`,
    ),
  ]
}

async function openSessions(engine: Engine, plans: readonly SandboxPlan[]): Promise<readonly OpenIn[]> {
  const open: OpenIn[] = []
  for (const { name, current } of plans) {
    if (current === null || !isAlive(current)) continue
    const { length: count } = await engine.sessions(current.containerId)
    if (count > 0) open.push({ name, count })
  }
  return open
}
