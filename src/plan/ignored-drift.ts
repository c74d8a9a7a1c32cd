// What other hands may change, as the file says: it is shown and left alone.

import type { DesiredSandbox } from '../model/desired.js'
import { pointerSegments } from '../model/json.js'
import type { FieldChange } from '../model/plan.js'

type Ignoring = {
  readonly lifecycle: Pick<DesiredSandbox['lifecycle'], 'ignoreDrift'>
  readonly containerSpec: Pick<DesiredSandbox['containerSpec'], 'network'>
}

/**
 * Names are as a plan shows them, each for all that is beneath it. An edit of the file is never ignored, nor is another
 * network beside one that is not open: it is a way out, and the file is one that an agent can write.
 */
export function isIgnored({ origin, path }: FieldChange, { lifecycle, containerSpec }: Ignoring): boolean {
  if (origin !== 'drift') return false
  const segments = pointerSegments(path)
  const isNetwork = segments[0] === 'network' || segments[0] === 'networks'
  if (isNetwork && containerSpec.network !== 'open') return false
  return lifecycle.ignoreDrift.some((name) => segmentsOf(name).every((segment, index) => segment === segments[index]))
}

/** Of `mounts["/data"].readonly`, which the schema has let through. */
function segmentsOf(name: string): string[] {
  return [...name.matchAll(/\["((?:[^"\\]|\\.)+)"\]|[^.[\]]+/g)].map(([whole, quoted]) =>
    quoted === undefined ? whole : (JSON.parse(`"${quoted}"`) as string),
  )
}
