// A folder whose sandbox.yaml is gone while its sandbox is still on the engine.

import { realpath } from 'node:fs/promises'
import { DiagnosticError } from '../../model/diagnostic.js'
import { readHost } from '../../resolve/host.js'
import { withEngine } from '../call/connect.js'
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
    const ids = await sandboxesHere(invocation)
    if (ids.length === 0) throw error
    const detail =
      `This folder has the sandbox ${ids.join(', ')}, made by flags or by a file that is gone. It stays as it is: ` +
      `\`sbx run\` goes on with it, \`sbx rm ${ids[0] ?? ''}\` removes it. To write a file for it:`
    throw new DiagnosticError(
      error.diagnostics.map((diagnostic) => ({ ...diagnostic, detail })),
      error.kind,
    )
  }
}

/** None where no engine answers: that there is no file is then all there is to say. */
async function sandboxesHere(invocation: Invocation): Promise<readonly string[]> {
  const folder = await realpath(invocation.workingFolder)
  try {
    const listed = await withEngine(invocation, await readHost(invocation.env), (engine) => engine.list())
    return sandboxesOf(listed).flatMap(({ sandbox }) => (sandbox.workspace === folder ? [sandbox.id] : []))
  } catch (error) {
    if (error instanceof DiagnosticError) return []
    throw error
  }
}
