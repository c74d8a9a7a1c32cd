// `sbx top --json`, as schema/top.schema.json says.

import type { JsonObject } from '../model/json.js'
import type { Process } from '../model/watching.js'
import { formatVersion } from './format-version.js'

/** All of them: what says that it keeps a session may be anything. */
export function topJson(name: string, all: readonly Process[]): JsonObject {
  return { format_version: formatVersion, name, processes: all.map(({ keepsSession: _, ...each }) => each) }
}
