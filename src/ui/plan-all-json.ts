// Many plans for a script: the document of one, with what each sandbox's file is and what became of those that failed.

import type { JsonObject } from '../model/json.js'
import { diagnosticJson } from './errors-json.js'
import type { PlannedOfFile } from './plan-all-text.js'
import { planJson, type PlanJsonContext } from './plan-json.js'

export function planAllJson(all: readonly PlannedOfFile[], context: Omit<PlanJsonContext, 'configFile'>): JsonObject {
  const planned = all.flatMap((each) => ('planned' in each ? [each] : []))
  const failures = all.flatMap((each) => ('planned' in each ? [] : [each]))
  const { sandboxes, ...document } = planJson(
    planned.map((each) => each.planned),
    { ...context, configFile: null },
  )
  return {
    ...document,
    errored: failures.length > 0,
    sandboxes: (sandboxes as readonly JsonObject[]).map((sandbox, index) => ({
      ...sandbox,
      config_path: planned[index]?.file ?? null,
    })),
    failures: failures.map(({ file, diagnostics }) => ({
      config_path: file,
      diagnostics: diagnostics.map(diagnosticJson),
    })),
  }
}
