// What makes the project ready, with digests of the files that each command goes by.

import { createHash } from 'node:crypto'
import type { Config, Origins } from '../model/config.js'
import type { DesiredSandbox, PrepareStepSpec } from '../model/desired.js'
import type { Diagnostic } from '../model/diagnostic.js'
import { pointer } from '../model/json.js'
import { digest } from '../model/names.js'
import { readBounded } from './bounded-file.js'
import { lookAt } from './hidden.js'
import { diagnosticAt } from './origins.js'

export type Prepare = { readonly steps: readonly PrepareStepSpec[]; readonly problems: readonly Diagnostic[] }

/** Of a file that a command goes by, in bytes. */
export const largestInput = 16 * 1024 * 1024

/**
 * In a clone no digest is known before somebody has looked into it: see `withInputs`.
 * @param workspace its real path.
 */
export async function resolvePrepare(config: Config, origins: Origins, workspace: string): Promise<Prepare> {
  const problems: Diagnostic[] = []
  const steps: PrepareStepSpec[] = []
  const isClone = config.workspace?.mode === 'clone'
  for (const [index, { run, when }] of (config.prepare ?? []).entries()) {
    const inputs: Record<string, string | null> = {}
    for (const [at, path] of when.entries()) {
      const found = isClone ? null : await digestOfFile(workspace, path)
      inputs[path] = typeof found === 'string' ? found : null
      if (found === null || typeof found === 'string') continue
      const told = { severity: 'error', code: 'resolve/prepare-file', detail: `${found.why}.` } as const
      const summary = 'A file that a command of prepare goes by cannot be read'
      problems.push(diagnosticAt(origins, pointer('prepare', index, 'when', at), { ...told, summary }))
    }
    steps.push({ key: digest(run, 12), run, when: inputs })
  }
  return { steps, problems }
}

/** The same sandbox with what its clone has of these files, by path in the workspace. */
export function withInputs(desired: DesiredSandbox, inputs: Readonly<Record<string, string | null>>): DesiredSandbox {
  if (desired.prepare === undefined) return desired
  const prepare = desired.prepare.map((step) => ({
    ...step,
    when: Object.fromEntries(Object.keys(step.when).map((path) => [path, inputs[path] ?? null])),
  }))
  return { ...desired, prepare }
}

/** SHA-256 in hex of a plain file, through no link; null where nothing is there. */
async function digestOfFile(workspace: string, path: string): Promise<string | null | { readonly why: string }> {
  const place = lookAt(workspace, path)
  if (place.kind === 'unreachable') return { why: `${path} ${place.why}` }
  if (place.kind === 'link') return { why: `${place.at} is a link, and an agent could point it elsewhere` }
  const found = await readBounded(`${workspace}/${path}`, largestInput)
  switch (found.kind) {
    case 'bytes':
      return createHash('sha256').update(found.bytes).digest('hex')
    case 'absent':
      return null
    case 'folder':
      return { why: `${path} is a folder` }
    case 'too-large':
      return { why: `${path} has more than the ${largestInput / 1024 / 1024} MiB that are read` }
    case 'unfit':
      return { why: `${path} cannot be read: ${found.why}` }
  }
}
