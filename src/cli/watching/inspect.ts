import type { Engine } from '../../model/engine.js'
import { containerInUse } from '../../plan/in-use.js'
import { newestRecord } from '../../plan/live-spec.js'
import { readHost } from '../../resolve/host.js'
import { inspectJson, type InspectedSandbox } from '../../ui/inspect-json.js'
import { withEngine } from '../call/connect.js'
import { type Invocation, printJson } from '../call/invocation.js'
import { selectSandboxes } from '../declared/select.js'

/** JSON with and without `--json`. */
export async function inspect(invocation: Invocation, names: readonly string[]): Promise<number> {
  const host = await readHost(invocation.env)
  const sandboxes = await withEngine(invocation, host, async (engine) => {
    const selected = await selectSandboxes(invocation, host, await engine.list(), names)
    return (await Promise.all(selected.map(({ id }) => inspected(engine, id)))).flat()
  })
  printJson(invocation, inspectJson(sandboxes))
  return 0
}

/** None where the sandbox was removed meanwhile. */
async function inspected(engine: Engine, id: string): Promise<readonly InspectedSandbox[]> {
  const live = await engine.observe(id, [])
  const container = containerInUse(live.containers)
  if (container === null) return []
  return [
    {
      container,
      record: newestRecord(live.records)?.spec ?? null,
      inspected: await engine.inspect(container.id),
    },
  ]
}
