import { readHost } from '../resolve/host.js'
import { keptHomesJson, keptHomesText } from '../ui/kept-homes-text.js'
import { withEngine } from './connect.js'
import { type Invocation, print, printJson } from './invocation.js'
import { styleOf } from './show-plan.js'

/** Homes that no container has: what `rm` and `prune` left. Two calls to the engine, however many there are. */
export async function lsKept(invocation: Invocation): Promise<number> {
  const host = await readHost(invocation.env)
  const homes = await withEngine(invocation, host, async (engine) => {
    const [listed, all] = await Promise.all([engine.list(), engine.homes()])
    const used = new Set(listed.map(({ sandbox }) => sandbox.id))
    return all.filter(({ sandbox }) => !used.has(sandbox.id))
  })
  const { json, quiet } = invocation.options
  if (json === true) printJson(invocation, keptHomesJson(homes))
  else if (quiet === true) {
    print(
      invocation,
      homes.map(({ sandbox }) => sandbox.id),
    )
  } else {
    const style = styleOf(invocation, invocation.output)
    print(invocation, keptHomesText(homes, { style, home: host.home, now: new Date() }))
  }
  return 0
}
