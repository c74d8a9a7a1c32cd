// Looking again whether the container of an apply is the one that stays, and waiting until that is plain.

import { setTimeout as delay } from 'node:timers/promises'
import { fail } from '../../model/diagnostic.js'
import type { Scope } from '../../model/names.js'
import type { Step } from '../../model/plan.js'
import type { Client } from '../connection/client.js'
import { inspectOrNull } from '../connection/inspect.js'
import { listContainers } from './observe.js'
import { failOvertaken, standing, type Contender } from '../container/standing.js'

/** How long the one that was made later lets the other start, and how long somebody else may take from a stop to a start. */
const patienceInMilliseconds = 10_000
const pauseInMilliseconds = 100

/**
 * Throws `apply/overtaken` where the container is not the one that stays. Aborted, it does not wait: throws
 * `engine/interrupted` where it would.
 */
export async function settle(
  client: Client,
  scope: Scope,
  step: Extract<Step, { do: 'settle' }>,
  containerId: string,
  signal?: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + patienceInMilliseconds
  let before: string | null = null
  for (;;) {
    let found = standing(containerId, await contenders(client, scope, step.sandboxId, containerId), step.expected)
    if (found.is === 'open' && Date.now() > deadline) found = found.otherwise
    if (found.is === 'ours') return
    if (found.is === 'overtaken') {
      // Several looks are none at one moment: one that is earlier still may have started between two of them.
      if (found.by === null || found.by === before) return failOvertaken(found.by)
      before = found.by
      continue
    }
    if (signal?.aborted === true) fail('engine/interrupted', 'Interrupted', {}, 'interrupted')
    await delay(pauseInMilliseconds)
  }
}

async function contenders(
  client: Client,
  scope: Scope,
  sandboxId: string,
  containerId: string,
): Promise<readonly Contender[]> {
  const listed = await listContainers(client, scope)
  const ids = listed.filter(({ sandbox }) => sandbox.id === sandboxId).map(({ id }) => id)
  // A list shows a container some time after it was made.
  const inspected = await Promise.all([...new Set([containerId, ...ids])].map((id) => inspectOrNull(client, id)))
  return inspected
    .filter((container) => container !== null)
    .map(({ Id: id, Name: name, Created: createdAt, State: state }) => ({
      ...{ id, name: name.slice(1), createdAt, isRunning: state.Running },
      startedAt: state.StartedAt.startsWith('0001-') ? null : state.StartedAt,
    }))
}
