// Asking a person. Questions go to standard error, so that standard output stays the result.

import { createInterface } from 'node:readline/promises'
import { DiagnosticError } from '../model/diagnostic.js'
import type { Invocation } from './invocation.js'

/** `y` and `yes` are yes; Enter and everything else is no. Ctrl-C is neither: it ends the command. */
export async function ask(invocation: Invocation, question: string): Promise<boolean> {
  const reader = createInterface({ input: invocation.input, output: invocation.errors })
  const interrupted = new AbortController()
  reader.on('SIGINT', () => {
    interrupted.abort()
  })
  try {
    const answer = await reader.question(`${question} [y/N] `, {
      signal: AbortSignal.any([invocation.signal, interrupted.signal]),
    })
    return /^(y|yes)$/i.test(answer.trim())
  } catch (error) {
    if (!invocation.signal.aborted && !interrupted.signal.aborted) throw error
    invocation.errors.write('\n')
    throw interruptedError()
  } finally {
    reader.close()
  }
}

export function interruptedError(): DiagnosticError {
  return new DiagnosticError(
    [{ severity: 'error', code: 'cli/interrupted', summary: 'Interrupted', detail: 'Nothing was done.' }],
    'interrupted',
  )
}
