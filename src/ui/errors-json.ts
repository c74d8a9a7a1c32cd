import type { Diagnostic } from '../model/diagnostic.js'
import type { JsonObject } from '../model/json.js'
import { formatVersion } from './format-version.js'

/** Every command's document when it failed; after events, it follows them. */
export function errorsJson(diagnostics: readonly Diagnostic[]): JsonObject {
  return { format_version: formatVersion, type: 'errors', errored: true, diagnostics: diagnostics.map(diagnosticJson) }
}

/** Without the source line: it may hold what a log should not. */
export function diagnosticJson({ severity, code, summary, detail, at, table, command }: Diagnostic): JsonObject {
  return {
    severity,
    code,
    summary,
    ...(detail === undefined ? {} : { detail }),
    ...(at === undefined ? {} : { at: { file: at.file, line: at.line, column: at.column } }),
    ...(table === undefined ? {} : { table }),
    ...(command === undefined ? {} : { command }),
  }
}
