// Whether a file is for this sbx at all. Asked before anything else: what a later sbx understands would only be
// misunderstood here.

import { isJsonObject } from '../model/json.js'
import type { ParsedFile } from './parse.js'
import { valuePosition, type Problem } from './validate.js'

export async function requirementProblems(file: ParsedFile, sbxVersion: string): Promise<readonly Problem[]> {
  if (!isJsonObject(file.value)) return []
  const { requires, version } = file.value
  if (typeof requires === 'string') {
    // Few files say this, and the two take a while to load.
    const { default: validRange } = await import('semver/ranges/valid.js')
    const { default: satisfies } = await import('semver/functions/satisfies.js')
    const at = valuePosition(file, '/requires')
    if (validRange(requires) === null) {
      const detail = `"${requires}" is not a range of versions. Write ">=0.1", for instance.`
      const diagnostic = {
        severity: 'error',
        code: 'config/bad-value',
        summary: 'The value is not allowed',
        detail,
        at,
      } as const
      return [{ path: '/requires', diagnostic }]
    }
    // A build before a release counts as that release.
    if (!satisfies(sbxVersion, requires, { includePrerelease: true })) {
      const detail = `This is sbx ${sbxVersion}, and the file is written for ${requires}. Nothing else in it was looked at.`
      const diagnostic = {
        severity: 'error',
        code: 'config/requires',
        summary: 'The file is for another version of sbx',
        detail,
        at,
      } as const
      return [{ path: '/requires', diagnostic }]
    }
  }
  if (typeof version === 'number' && Number.isInteger(version) && version > 1) {
    const detail = `The file is of version ${version}, and this sbx (${sbxVersion}) knows version 1. Nothing else in it was looked at.`
    const at = valuePosition(file, '/version')
    const diagnostic = {
      severity: 'error',
      code: 'config/newer-format',
      summary: 'The file is of a later format',
      detail,
      at,
    } as const
    return [{ path: '/version', diagnostic }]
  }
  return []
}
