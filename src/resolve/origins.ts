// Where a value was said, for messages about it.

import type { Origin, Origins } from '../model/config.js'
import type { Diagnostic } from '../model/diagnostic.js'
import { pointer, pointerSegments, type JsonPointer } from '../model/json.js'

/** The origin of a value, or of the nearest mapping around it. */
export function originOf(origins: Origins, path: JsonPointer): Origin | undefined {
  const segments = pointerSegments(path)
  for (let length = segments.length; length > 0; length--) {
    const origin = origins[pointer(...segments.slice(0, length))]
    if (origin !== undefined) return origin
  }
  return undefined
}

type Told = {
  readonly severity: Diagnostic['severity']
  readonly code: string
  readonly summary: string
  readonly detail: string
  readonly command?: string
}

/** A diagnostic at the place that said the value; one said by a flag has no place and names the flag instead. */
export function diagnosticAt(origins: Origins, path: JsonPointer, told: Told): Diagnostic {
  const origin = originOf(origins, path)
  if (origin === undefined) return told
  if (origin.kind === 'file') return { ...told, at: origin.at }
  return { ...told, detail: `${told.detail} It was given with ${origin.flag}.` }
}
