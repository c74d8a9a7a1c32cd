// `sbx logs --json`, as schema/logs.schema.json says: a document a line.

import type { JsonObject } from '../model/json.js'
import { formatVersion } from './format-version.js'

export function logLineJson(session: string, text: string): JsonObject {
  return { format_version: formatVersion, session, text }
}
