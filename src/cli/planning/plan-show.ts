// For `sbx plan show FILE`: a saved plan as `sbx plan` printed it. Reads the file alone.

import { resolve } from 'node:path'
import { readHost } from '../../resolve/host.js'
import { renderLines } from '../../ui/line.js'
import { escapeControls } from '../../ui/characters.js'
import { type Invocation, printJson, printRendered, tell } from '../call/invocation.js'
import { notLast } from './last-plans.js'
import { decodeSavedPlan } from './saved-plan.js'
import { readPlanFile } from './saved-plan-file.js'
import { styleOf } from '../call/style.js'

export async function planShow(invocation: Invocation, file: string): Promise<number> {
  const path = resolve(invocation.workingFolder, file)
  const { saved, isSealedBy } = await decodeSavedPlan(await readPlanFile(path), file)
  const host = await readHost(invocation.env)
  const isSealed = isSealedBy(await host.digestKey())
  const why = isSealed ? await notLast(host.stateFolder, { saved, path }) : 'is not sealed by you'
  const warning = why === null ? [] : [`${escapeControls(`${file} ${why}`)}: applying it asks.`]
  if (invocation.options.json === true) {
    // The document is the plan alone, as its schema has it.
    invocation.errors.write(warning.map((line) => `${line}\n`).join(''))
    printJson(invocation, saved.plan)
    return 0
  }
  // Before the text and with it, since that is anyone's where nobody known has sealed it.
  printRendered(invocation, [...warning, ...renderLines(saved.text, styleOf(invocation, invocation.output))])
  const sealed = isSealed ? '; sealed by you' : ''
  tell(invocation, [`Made ${saved.saved_at} by sbx ${saved.sbx_version}${sealed}.`])
  return 0
}
