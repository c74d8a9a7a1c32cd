// Asking a person. Questions go to standard error, so that standard output stays the result.

import { createInterface, type Interface } from 'node:readline/promises'
import { DiagnosticError } from '../../model/diagnostic.js'
import { escapeControls, textWidth } from '../../ui/characters.js'
import { streamStyle } from '../../ui/style.js'
import { wrappedLines } from '../../ui/wrapped-lines.js'
import type { Invocation } from './invocation.js'

/** `y` and `yes` are yes; Enter and everything else is no. Ctrl-C is neither: it ends the command. */
export async function ask(invocation: Invocation, question: string): Promise<boolean> {
  return /^(y|yes)$/i.test(await answer(invocation, `${question} [y/N] `))
}

/** One letter and what it means, `k`, `yes, and keep those files`. */
export type Choice<Key extends string> = { readonly key: Key; readonly text: string }

/** Null for Enter, and for everything that is none of the letters or `yes`. Ctrl-C is neither: it ends the command. */
export async function choose<Key extends string>(
  invocation: Invocation,
  question: string,
  choices: readonly Choice<Key>[],
  none = 'no',
): Promise<Key | null> {
  const offers = offersText(invocation, [...choices.map(({ key, text }) => `[${key}] ${text}`), `[N] ${none}`])
  const given = (await answer(invocation, `${question}\n${offers}`)).toLowerCase()
  const letter = given === 'yes' ? 'y' : given
  return choices.find(({ key }) => key === letter)?.key ?? null
}

/** In one line, or each in its own where a terminal would break that. */
export function offersText(invocation: Invocation, offers: readonly string[]): string {
  const line = `  ${offers.join('   ')}: `
  const { isTerminal, columns } = streamStyle(invocation.errors, invocation.env)
  return isTerminal && textWidth(line) >= columns ? `  ${offers.join('\n  ')}: ` : line
}

/** A line without the spaces around it; empty for Enter and Ctrl-D. */
export async function answer(invocation: Invocation, prompt: string): Promise<string> {
  const style = streamStyle(invocation.errors, invocation.env)
  const lines = wrappedLines(prompt.split('\n').map(escapeControls), style)
  // Wrapping takes the space that parts it from the answer.
  const shown = `${lines.join('\n').trimEnd()} `
  const reader = createInterface({ input: invocation.input, output: invocation.errors })
  const interrupted = new AbortController()
  reader.on('SIGINT', () => {
    interrupted.abort()
  })
  try {
    const signal = AbortSignal.any([invocation.signal, interrupted.signal])
    return (await Promise.race([reader.question(shown, { signal }), closed(reader)])).trim()
  } catch (error) {
    const isInterrupted = invocation.signal.aborted || interrupted.signal.aborted
    // Ctrl-D is told the same way.
    if (!isInterrupted && !(error instanceof Error && error.name === 'AbortError')) throw error
    invocation.errors.write('\n')
    if (!isInterrupted) return ''
    throw interruptedError()
  } finally {
    reader.close()
  }
}

/** No answer, where Ctrl-D or the end of the terminal comes before one: of a terminal that is gone a read fails. */
function closed(reader: Interface): Promise<string> {
  return new Promise((resolve) => {
    const none = (): void => {
      resolve('')
    }
    reader.once('close', none)
    reader.once('error', none)
  })
}

export function interruptedError(): DiagnosticError {
  return new DiagnosticError(
    [{ severity: 'error', code: 'cli/interrupted', summary: 'Interrupted', detail: 'Nothing was done.' }],
    'interrupted',
  )
}
