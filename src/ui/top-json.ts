// `sbx top --json`, as schema/top.schema.json says.

import type { JsonObject } from '../model/json.js'
import type { Process } from '../model/watching.js'
import { formatVersion } from './format-version.js'

export function topJson(name: string, processes: readonly Process[]): JsonObject {
  return { format_version: formatVersion, name, processes: processes.map((each) => ({ ...each })) }
}
