// What ends a command before its time: told once, in one place, and turned into the exit code.

import { homedir } from 'node:os'
import { type Diagnostic, DiagnosticError, exitCodes } from '../../model/diagnostic.js'
import { escapeControls } from '../../ui/characters.js'
import { diagnosticText } from '../../ui/diagnostic-text.js'
import { errorsJson } from '../../ui/errors-json.js'
import { streamStyle } from '../../ui/style.js'
import { ofCall } from './call.js'
import { type Invocation, printJsonLine } from './invocation.js'

/** Tells it on standard error, or with `--json` as a document on standard output, and gives the exit code. */
export function reportFailure(error: unknown, invocation: Invocation, isAttaching: boolean): number {
  const { diagnostics: found, exitCode } = failureOf(error, isAttaching)
  const diagnostics = found.map((diagnostic) => ofCall(invocation, diagnostic))
  if (invocation.options.json === true) {
    // One line, because it may be the last of many.
    printJsonLine(invocation, errorsJson(diagnostics))
  } else {
    const lines = diagnosticText(diagnostics, {
      style: streamStyle(invocation.errors, invocation.env, invocation.options.color),
      workingFolder: orNone(() => invocation.workingFolder),
      home: orNone(homedir),
    })
    invocation.errors.write(lines.map((line) => `${line}\n`).join(''))
  }
  if (invocation.options.debug === true && error instanceof Error) {
    const stack = (error.stack ?? '').split('\n').map(escapeControls)
    invocation.errors.write(`${stack.join('\n')}\n`)
  }
  return exitCode
}

/** A failure must be told also where the folder or the home that would shorten its paths is what is missing. */
function orNone(place: () => string): string {
  try {
    return place()
  } catch {
    return ''
  }
}

function failureOf(
  error: unknown,
  isAttaching: boolean,
): { readonly diagnostics: readonly Diagnostic[]; readonly exitCode: number } {
  if (!(error instanceof DiagnosticError)) {
    return { diagnostics: [bug(error)], exitCode: isAttaching ? exitCodes.attachFailed : exitCodes.bug }
  }
  const exitCode = exitCodes[error.kind]
  const isOwn = error.kind === 'approval' || error.kind === 'interrupted'
  return { diagnostics: error.diagnostics, exitCode: isAttaching && !isOwn ? exitCodes.attachFailed : exitCode }
}

function bug(error: unknown): Diagnostic {
  return {
    severity: 'error',
    code: 'sbx/bug',
    summary: 'This is a bug in sbx',
    detail:
      `${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}\n` +
      'Nothing in your files is to blame. With --debug it says where; please report that.',
  }
}
