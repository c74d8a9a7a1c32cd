import { DiagnosticError } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { CloneVolume, Home } from '../../model/volumes.js'
import { type Host, readHost } from '../../resolve/host.js'
import { type Kept, type KeptClone, keptJson, keptText, type Unfetched } from '../../ui/kept-text.js'
import { withEngine } from '../call/connect.js'
import { type Invocation, print, printJson, printRendered } from '../call/invocation.js'
import { styleOf } from '../call/style.js'
import { sideBySide } from '../call/side-by-side.js'

/**
 * Homes that no sandbox has: what `rm` and `prune` left; and clones that none has: what another `mode` left. Three calls to
 * the engine, and a look into each clone.
 */
export async function lsKept(invocation: Invocation): Promise<number> {
  const host = await readHost(invocation.env)
  const { json, quiet } = invocation.options
  const kept = await withEngine(invocation, host, async (engine) => {
    const { homes, clones } = await allKept(engine)
    if (json !== true && quiet === true) return { homes, clones }
    const look = (volume: string, sandbox: Home['sandbox']) =>
      unfetchedOf({ volume, sandbox }, engine, host, invocation.signal)
    return {
      homes: await sideBySide(4, homes, async (home) =>
        home.clone === undefined ? home : { ...home, ...(await look(home.clone, home.sandbox)) },
      ),
      clones: await sideBySide(4, clones, async (clone) => ({ ...clone, ...(await look(clone.name, clone.sandbox)) })),
    }
  })
  if (json === true) printJson(invocation, keptJson(kept))
  else if (quiet === true) {
    print(
      invocation,
      // What is there to be given to `rm`: not the id of a sandbox that somebody has.
      [...kept.homes, ...kept.clones.filter(({ hasSandbox }) => !hasSandbox)].map(({ sandbox }) => sandbox.id),
    )
  } else {
    const style = styleOf(invocation, invocation.output)
    printRendered(invocation, keptText(kept, { style, home: host.home, now: new Date() }))
  }
  return 0
}

export async function allKept(engine: Pick<Engine, 'list' | 'homes' | 'clones'>): Promise<Kept> {
  const [listed, homes, clones] = await Promise.all([engine.list(), engine.homes(), engine.clones()])
  const used = new Set(listed.map(({ sandbox }) => sandbox.id))
  const kept = homes.filter(({ sandbox }) => !used.has(sandbox.id))
  const told = new Set([
    ...kept.map(({ clone }) => clone),
    ...listed.flatMap(({ spec }) => Object.values(spec.volumes)),
  ])
  return {
    homes: kept,
    clones: clones
      .filter(({ name }) => !told.has(name))
      .map((clone): KeptClone => ({ ...clone, hasSandbox: used.has(clone.sandbox.id) })),
  }
}

/** As `rm --volumes` tells it. A clone that cannot be looked into keeps nobody from the list. */
export async function unfetchedOf(
  { volume, sandbox }: { readonly volume: string; readonly sandbox: CloneVolume['sandbox'] },
  engine: Engine,
  host: Pick<Host, 'programEnv'>,
  signal: AbortSignal,
): Promise<Unfetched> {
  const { cloneRemoved } = await import('../clone/clone-loss.js')
  try {
    const loss = await cloneRemoved({ volume, workspace: sandbox.workspace, container: null }, engine, host, signal)
    const isAny = loss !== null && (loss.branches.length > 0 || loss.isUnknown === true)
    return isAny ? { unfetched: loss } : {}
  } catch (error) {
    if (!(error instanceof DiagnosticError) || error.kind !== 'failed') throw error
    return { unfetched: { branches: [], isUnknown: true } }
  }
}
