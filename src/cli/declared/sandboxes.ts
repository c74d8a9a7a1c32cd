import type { ListedContainer } from '../../model/live.js'
import { containerInUse } from '../../plan/in-use.js'

/** The container in use of each sandbox, in the order in which the sandboxes were first made. */
export function sandboxesOf(listed: readonly ListedContainer[]): readonly ListedContainer[] {
  const ids = [...new Set(listed.map(({ sandbox }) => sandbox.id))]
  return ids.flatMap((id) => {
    const inUse = containerInUse(listed.filter(({ sandbox }) => sandbox.id === id))
    return inUse === null ? [] : [inUse]
  })
}
