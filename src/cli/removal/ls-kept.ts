import { DiagnosticError } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { Home } from '../../model/volumes.js'
import { type Host, readHost } from '../../resolve/host.js'
import { type KeptHome, keptHomesJson, keptHomesText } from '../../ui/kept-homes-text.js'
import { withEngine } from '../call/connect.js'
import { type Invocation, print, printJson, printRendered } from '../call/invocation.js'
import { styleOf } from '../call/style.js'
import { sideBySide } from '../call/side-by-side.js'

/** Homes that no container has: what `rm` and `prune` left. Two calls to the engine, and a look into each clone. */
export async function lsKept(invocation: Invocation): Promise<number> {
  const host = await readHost(invocation.env)
  const { json, quiet } = invocation.options
  const homes = await withEngine(invocation, host, async (engine) => {
    const kept = await homesKept(engine)
    if (json !== true && quiet === true) return kept
    return sideBySide(4, kept, (home) => withUnfetched(home, engine, host, invocation.signal))
  })
  if (json === true) printJson(invocation, keptHomesJson(homes))
  else if (quiet === true) {
    print(
      invocation,
      homes.map(({ sandbox }) => sandbox.id),
    )
  } else {
    const style = styleOf(invocation, invocation.output)
    printRendered(invocation, keptHomesText(homes, { style, home: host.home, now: new Date() }))
  }
  return 0
}

export async function homesKept(engine: Pick<Engine, 'list' | 'homes'>): Promise<readonly Home[]> {
  const [listed, all] = await Promise.all([engine.list(), engine.homes()])
  const used = new Set(listed.map(({ sandbox }) => sandbox.id))
  return all.filter(({ sandbox }) => !used.has(sandbox.id))
}

/** As `rm --volumes` tells it. A clone that cannot be looked into keeps nobody from the list. */
export async function withUnfetched(
  home: Home,
  engine: Engine,
  host: Pick<Host, 'programEnv'>,
  signal: AbortSignal,
): Promise<KeptHome> {
  const { clone: volume, sandbox } = home
  if (volume === undefined) return home
  const { cloneRemoved } = await import('../clone/clone-loss.js')
  try {
    const loss = await cloneRemoved({ volume, workspace: sandbox.workspace, container: null }, engine, host, signal)
    const isAny = loss !== null && (loss.branches.length > 0 || loss.isUnknown === true)
    return isAny ? { ...home, unfetched: loss } : home
  } catch (error) {
    if (!(error instanceof DiagnosticError) || error.kind !== 'failed') throw error
    return { ...home, unfetched: { branches: [], isUnknown: true } }
  }
}
