// What must be asked of the engine to know what a plan would cost: only where it ends something, and GETs alone.

import { packageLists } from '../../model/debian-packages.js'
import type { Engine } from '../../model/engine.js'
import type { ListedContainer, LiveSandbox } from '../../model/live.js'
import type { SandboxPlan } from '../../model/plan.js'
import type { Size } from '../../model/risks.js'
import { filesToSize, type LossFacts } from '../../plan/losses.js'
import { debianPackages, listOf } from '../../plan/packages.js'
import { endsSessions, removesCurrent, type RiskFacts } from '../../plan/risks.js'

export async function riskFacts(plan: SandboxPlan, live: LiveSandbox, engine: Engine): Promise<RiskFacts> {
  const container = live.containers.find(({ id }) => id === plan.current?.containerId)
  if (container === undefined || !endsSessions(plan)) return { sessions: [], losses: null }
  const [sessions, losses] = await Promise.all([
    engine.sessions(container.id),
    removesCurrent(plan) ? lossFacts(container, engine, sinceWhat(plan, container)) : null,
  ])
  return { sessions, losses }
}

/** Files that were kept once, and will not be in the next container, are as new as any. */
function sinceWhat({ notes, keeps }: SandboxPlan, { spec }: ListedContainer): Parameters<Engine['changes']>[1] {
  if (notes.some(({ kind }) => kind === 'drops-carried-files')) return 'template'
  return keeps === 'snapshot' && spec.carried !== undefined ? 'kept' : 'image'
}

async function lossFacts(
  container: ListedContainer,
  engine: Engine,
  since: Parameters<Engine['changes']>[1],
): Promise<LossFacts> {
  const { id } = container
  const withLists = async (): Promise<Pick<LossFacts, 'changes' | 'uncounted' | 'lists'>> => {
    const { paths: changes, uncounted } = await engine.changes(id, since)
    const packages = debianPackages(changes)
    if (packages.length === 0) return { changes, uncounted, lists: [] }
    return { changes, uncounted, lists: Object.values(await engine.readFiles(id, packageLists, packages.map(listOf))) }
  }
  const [found, own] = await Promise.all([withLists(), engine.ownContent(id)])
  const facts = { ...found, own, mountPoints: mountPoints(container) }
  return { ...facts, sizes: await sizesOf(container, facts, engine) }
}

/** A plan is not to wait longer for what it can do without. */
const sizingMilliseconds = 300

async function sizesOf({ id }: ListedContainer, facts: LossFacts, engine: Engine): Promise<ReadonlyMap<string, Size>> {
  const folders = filesToSize(facts)
  if (folders.length === 0) return new Map()
  const mounts = [...facts.mountPoints, ...facts.own.volumes]
  const sizes = await engine.fileSizes(id, folders, { mounts, milliseconds: sizingMilliseconds })
  return new Map(
    folders.flatMap(({ path }, index): [string, Size][] => {
      const size = sizes[index] ?? null
      return size === null ? [] : [[path, size]]
    }),
  )
}

function mountPoints({ spec: { workspace, mounts, volumes } }: ListedContainer): readonly string[] {
  return [workspace.path, ...Object.keys(mounts), ...Object.keys(volumes)]
}
