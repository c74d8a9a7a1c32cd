// The sandbox that somebody works in beside its agent: as it runs, and as it was applied.

import { fail } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { ContainerState, LiveContainer, LiveSandbox } from '../../model/live.js'
import type { RecordSpec } from '../../model/spec.js'
import { containerInUse } from '../../plan/in-use.js'
import { newestRecord } from '../../plan/live-spec.js'
import type { Host } from '../../resolve/host.js'
import { statusOf } from '../../ui/list-json.js'
import { refuseDenied } from '../planning/denied.js'
import type { Invocation } from '../call/invocation.js'
import { bringUp } from '../declared/bring-up.js'
import { selectSandbox } from '../declared/select.js'

export type RunningSandbox = {
  readonly live: LiveSandbox
  readonly container: LiveContainer
  readonly record: RecordSpec
}

/** Throws `cli/not-running`, `cli/no-record`, and what the user's policy denies by now. */
export async function runningSandbox(
  invocation: Invocation,
  host: Host,
  engine: Engine,
  named: string | undefined,
): Promise<RunningSandbox> {
  const selected = await selectSandbox(invocation, host, await engine.list(), named)
  const { id } = selected
  const up = bringUp(invocation, selected.container)
  const live = await engine.observe(id, [])
  const container = containerInUse(live.containers)
  if (container?.state !== 'running') return notRunning(id, container?.state, up)
  const record = newestRecord(live.records)?.spec ?? noRecord(container, up)
  await refuseDenied(host, container, record)
  return { live, container, record }
}

/** `state` is undefined of one that went while it was looked at. */
export function notRunning(id: string, state: ContainerState | undefined, command: string): never {
  return fail('cli/not-running', 'The sandbox is not running', {
    detail: `${id} is ${state === undefined ? 'gone' : statusOf(state)}. To bring it up:`,
    command,
  })
}

function noRecord({ sandbox }: LiveContainer, command: string): never {
  return fail('cli/no-record', 'The record of what was applied is gone', {
    detail: `Without it the environment of ${sandbox.displayName} is not known. To write it again:`,
    command,
  })
}
