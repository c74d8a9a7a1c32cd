// A folder whose sandbox.yaml is gone while its sandbox is still on the engine.

import { realpath } from 'node:fs/promises'
import { DiagnosticError } from '../../model/diagnostic.js'
import type { ListedContainer } from '../../model/live.js'
import { readHost } from '../../resolve/host.js'
import { withEngine } from '../call/connect.js'
import { runAgain } from './bring-up.js'
import type { Declared } from './declared.js'
import type { Invocation } from '../call/invocation.js'
import type { ChangeOptions } from '../call/options.js'
import { sandboxesOf } from './sandboxes.js'
import { readDeclaredLocked } from './template-lock.js'

/** What the file declares; where there is none, the refusal names the sandboxes that this folder has all the same. */
export async function readDeclaredHere(invocation: Invocation, options: ChangeOptions): Promise<Declared> {
  try {
    return await readDeclaredLocked(invocation, options)
  } catch (error) {
    if (!(error instanceof DiagnosticError) || error.diagnostics[0]?.code !== 'cli/no-file') throw error
    const here = await sandboxesHere(invocation)
    if (here.length === 0) throw error
    const detail = `${hereText(here)} To write a file for ${here.length === 1 ? 'it' : 'this folder'}:`
    throw new DiagnosticError(
      error.diagnostics.map((diagnostic) => ({ ...diagnostic, detail })),
      error.kind,
    )
  }
}

/** What a folder without a file has, and how each goes on. */
export function hereText(here: readonly ListedContainer[]): string {
  const [first] = here
  if (here.length === 1 && first !== undefined) {
    return (
      `This folder has the sandbox ${first.sandbox.id}, made by flags or by a file that is gone. It stays as it is: ` +
      `\`${runAgain(first)}\` goes on with it, \`sbx rm ${first.sandbox.id}\` removes it.`
    )
  }
  const calls = here.map((each) => `${each.sandbox.id} (\`${runAgain(each)}\`)`)
  return `This folder has sandboxes that were made by flags or by a file that is gone, and stay as they are: ${calls.join(', ')}. \`sbx rm ID\` removes one.`
}

/** None where no engine answers: that there is no file is then all there is to say. */
async function sandboxesHere(invocation: Invocation): Promise<readonly ListedContainer[]> {
  const folder = await realpath(invocation.workingFolder)
  try {
    const listed = await withEngine(invocation, await readHost(invocation.env), (engine) => engine.list())
    return sandboxesOf(listed).filter(({ sandbox }) => sandbox.workspace === folder)
  } catch (error) {
    if (error instanceof DiagnosticError) return []
    throw error
  }
}
