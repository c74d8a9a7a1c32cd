// Scripts that run in a sandbox as its agent: links that it has planted lead to nothing that it could not reach itself.

import { fail } from '../model/diagnostic.js'
import type { Engine } from '../model/engine.js'
import type { Command } from '../model/command.js'

export type Inside = {
  readonly engine: Pick<Engine, 'run'>
  readonly containerId: string
  /** Aborted when nobody waits for it any more. */
  readonly signal?: AbortSignal | undefined
}

/** What is told where the script fails; `wayOut` follows the script's own words. */
export type ScriptFailure = { readonly code: string; readonly summary: string; readonly wayOut?: string }

/** Gives what the script printed. Throws `failure`, and what `Engine.run` throws. */
export async function runAsAgent(
  { engine, containerId, signal }: Inside,
  command: Omit<Command, 'user'>,
  { code, summary, wayOut }: ScriptFailure,
): Promise<string> {
  const { exitCode, stdout, stderr } = await engine.run(containerId, { ...command, user: 'agent' }, signal)
  if (exitCode === 0) return stdout
  const why = stderr.trim() === '' ? `exit code ${String(exitCode)}` : stderr.trim()
  const sentences = [`In the sandbox, as agent: ${why}.`, ...(wayOut === undefined ? [] : [wayOut])]
  return fail(code, summary, { detail: sentences.join(' ') })
}
