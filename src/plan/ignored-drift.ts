// What other hands may change, as the file says: it is shown and left alone.

import { pointerSegments } from '../model/json.js'
import type { FieldChange } from '../model/plan.js'

/** `names` as a plan shows them, each for all that is beneath it. An edit of the file is never ignored. */
export function isIgnored({ origin, path }: FieldChange, names: readonly string[]): boolean {
  if (origin !== 'drift') return false
  const segments = pointerSegments(path)
  return names.some((name) => segmentsOf(name).every((segment, index) => segment === segments[index]))
}

/** Of `mounts["/data"].readonly`, which the schema has let through. */
function segmentsOf(name: string): string[] {
  return [...name.matchAll(/\["((?:[^"\\]|\\.)+)"\]|[^.[\]]+/g)].map(([whole, quoted]) =>
    quoted === undefined ? whole : (JSON.parse(`"${quoted}"`) as string),
  )
}
