// Asking a person. Questions go to standard error, so that standard output stays the result.

import { createInterface, type Interface } from 'node:readline/promises'
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
    const signal = AbortSignal.any([invocation.signal, interrupted.signal])
    const answer = await Promise.race([reader.question(`${question} [y/N] `, { signal }), closed(reader)])
    return /^(y|yes)$/i.test(answer.trim())
  } catch (error) {
    const isInterrupted = invocation.signal.aborted || interrupted.signal.aborted
    // Ctrl-D is told the same way.
    if (!isInterrupted && !(error instanceof Error && error.name === 'AbortError')) throw error
    invocation.errors.write('\n')
    if (!isInterrupted) return false
    throw interruptedError()
  } finally {
    reader.close()
  }
}

/** No answer, where Ctrl-D or the end of the terminal comes before one. */
function closed(reader: Interface): Promise<string> {
  return new Promise((resolve) => {
    reader.once('close', () => {
      resolve('')
    })
  })
}

export function interruptedError(): DiagnosticError {
  return new DiagnosticError(
    [{ severity: 'error', code: 'cli/interrupted', summary: 'Interrupted', detail: 'Nothing was done.' }],
    'interrupted',
  )
}
