// Shows the plans of `--all`: the result on standard output, and what failed on standard error, each under its file.

import { dirname } from 'node:path'
import { homedir } from 'node:os'
import { byPath } from '../../config/find.js'
import type { Engine } from '../../model/engine.js'
import { diagnosticText } from '../../ui/diagnostic-text.js'
import { planAllJson } from '../../ui/plan-all-json.js'
import { planAllEnd, planAllText, type PlannedOfFile } from '../../ui/plan-all-text.js'
import { pathText } from '../../ui/quantities.js'
import { paint } from '../../ui/style.js'
import type { Failed, PlannedAll } from './all.js'
import { callLike, ofCall } from '../call/call.js'
import { type Invocation, printJson, printRendered, varied } from '../call/invocation.js'
import { shownSandbox } from '../planning/show-plan.js'
import { styleOf } from '../call/style.js'
import { sbxVersion } from '../call/version.js'

/** `next` is the command that does it; null where it is being done already. */
export async function showAll(
  invocation: Invocation,
  { planned, failed }: PlannedAll,
  engine: Engine,
  next: string | null,
): Promise<void> {
  const all = inTreeOrder<PlannedOfFile>([
    ...planned.map((each) => ({ file: each.file, planned: shownSandbox(each.planned) })),
    ...failed.map(({ file, error }) => ({
      file,
      diagnostics: error.diagnostics.map((each) => ofCall(ofFile(invocation, file), each)),
    })),
  ])
  const engineName = await engine.describe()
  const common = { endpoint: engine.endpoint, engine: engineName, now: new Date() }
  if (invocation.options.json === true) {
    printJson(invocation, planAllJson(all, { ...common, sbxVersion }))
    return
  }
  const context = {
    ...common,
    style: styleOf(invocation, invocation.output),
    workingFolder: invocation.workingFolder,
    home: homedir(),
    configFile: null,
    next,
    command: (text: string, file?: string) =>
      callLike(file === undefined ? invocation : ofFile(invocation, file), text),
  }
  printRendered(invocation, planAllText(all, context))
  tellFailed(invocation, failed)
  printRendered(invocation, planAllEnd(all, context))
}

/** A call about one of them alone. */
function ofFile(invocation: Invocation, file: string): Invocation {
  return varied(invocation, { options: { config: file } })
}

function inTreeOrder<Of extends { readonly file: string }>(all: readonly Of[]): readonly Of[] {
  return all.toSorted((one, other) => byPath(one.file, other.file))
}

/** Also with `--quiet`: these are errors. */
export function tellFailed(invocation: Invocation, failed: readonly Failed[]): void {
  const style = styleOf(invocation, invocation.errors)
  const { workingFolder } = invocation
  const home = homedir()
  for (const { file, error } of failed) {
    const folder = pathText(dirname(file), workingFolder, home)
    const lines = [
      '',
      paint(style, 'strong', `${folder}:`),
      ...diagnosticText(
        error.diagnostics.map((each) => ofCall(ofFile(invocation, file), each)),
        { style, workingFolder, home },
      ),
    ]
    invocation.errors.write(lines.map((line) => `${line}\n`).join(''))
  }
}
