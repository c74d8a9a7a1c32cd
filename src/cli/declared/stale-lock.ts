import { DiagnosticError, type Position } from '../../model/diagnostic.js'

/** For `--locked`: what sandbox.lock lacks, and what it has that no file names. */
export function stale(missing: readonly string[], leftover: readonly string[], at?: Position): DiagnosticError {
  const detail = [
    ...(missing.length === 0 ? [] : [`sandbox.lock has no pin for ${missing.join(', ')}.`]),
    ...(leftover.length === 0 ? [] : [`sandbox.lock has pins that no file names: ${leftover.join(', ')}.`]),
    'With --locked nothing is done. To bring it up to date:',
  ].join(' ')
  return new DiagnosticError([
    {
      severity: 'error',
      code: 'lock/stale',
      summary: 'The lock file is not up to date',
      detail,
      command: 'sbx template lock',
      ...(at === undefined ? {} : { at }),
    },
  ])
}
