// `sbx stats --json`, as schema/stats.schema.json says; while it goes on a document a line.

import type { JsonObject } from '../model/json.js'
import type { Watched } from '../model/watching.js'
import { formatVersion } from './format-version.js'
import { statusOf } from './list-json.js'
import { nearLimits } from './near-limits.js'

export function statsJson(sandboxes: readonly Watched[]): JsonObject {
  return {
    format_version: formatVersion,
    sandboxes: sandboxes.map(({ id, name, state, usage, sessions }) => ({
      ...{ id, name, status: statusOf(state) },
      at: usage === null ? null : new Date(usage.at * 1000).toISOString(),
      cpu: usage?.cpu ?? null,
      memory: usage?.memory ?? null,
      memory_limit: usage?.memoryLimit ?? null,
      pids: usage?.pids ?? null,
      pids_limit: usage?.pidsLimit ?? null,
      received: usage?.received ?? null,
      sent: usage?.sent ?? null,
      sessions,
      near: usage === null ? [] : [...nearLimits(usage)],
    })),
  }
}
