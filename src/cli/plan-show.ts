// For `sbx plan show FILE`: a saved plan as `sbx plan` printed it. Reads the file alone.

import { resolve } from 'node:path'
import { readHost } from '../resolve/host.js'
import { renderLines } from '../ui/line.js'
import { type Invocation, print, printJson, tell } from './invocation.js'
import { decodeSavedPlan } from './saved-plan.js'
import { readPlanFile } from './saved-plan-file.js'
import { styleOf } from './show-plan.js'

export async function planShow(invocation: Invocation, file: string): Promise<number> {
  const path = resolve(invocation.workingFolder, file)
  const { saved, isSealedBy } = await decodeSavedPlan(await readPlanFile(path), file)
  const isSealed = isSealedBy(await (await readHost(invocation.env)).digestKey())
  if (invocation.options.json === true) {
    printJson(invocation, saved.plan)
    return 0
  }
  print(invocation, renderLines(saved.text, styleOf(invocation, invocation.output)))
  tell(invocation, [
    `Made ${saved.saved_at} by sbx ${saved.sbx_version}; ${isSealed ? 'sealed by you' : 'not sealed by you, so applying it asks'}.`,
  ])
  return 0
}
