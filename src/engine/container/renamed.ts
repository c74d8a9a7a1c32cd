// A container of ours that somebody has renamed. sbx goes by names and would make another in its place, on the same home.

import type { ContainerInfo } from 'dockerode'
import { fail } from '../../model/diagnostic.js'
import { homeVolumeName, labels, type Scope } from '../../model/names.js'
import type { Client } from '../connection/client.js'
import { describeEngine } from '../connection/describe.js'
import { decodeContainer } from '../labels/labels.js'

/**
 * With the name that each was made under. Labels alone are not believed, since images hand them on: it has the sandbox's home
 * as well, which nobody has by chance.
 */
export function renamedAmong(
  scope: Scope,
  listed: readonly ContainerInfo[],
): readonly { readonly container: ContainerInfo; readonly name: string; readonly given: string }[] {
  return listed.flatMap((container) => {
    const { Names, Labels, Mounts } = container
    const [name, given] = [(Names[0] ?? '').slice(1), Labels[labels.name]]
    const home = homeVolumeName(scope, Labels[labels.sandbox] ?? '')
    if (given === undefined || given === name || !Mounts.some(({ Name }) => Name === home)) return []
    // Only then: what is none of ours may have labels of any version.
    return decodeContainer(scope, given, Labels) === null ? [] : [{ container, name, given }]
  })
}

/** Throws `engine/renamed`. */
export async function refuseRenamed(
  client: Client,
  scope: Scope,
  sandboxId: string,
  listed: readonly ContainerInfo[],
): Promise<void> {
  const own = listed.filter(({ Labels }) => Labels[labels.sandbox] === sandboxId)
  for (const { container, name, given } of renamedAmong(scope, own)) {
    const { kind } = await describeEngine(client)
    const isTaken = listed.some((each) => each.Id !== container.Id && each.Names.includes(`/${given}`))
    fail('engine/renamed', 'A container of this sandbox has another name', {
      detail: isTaken
        ? `${name} was ${given}, and another has that name by now. Both have the same home. Take from it what you need, and ` +
          'remove it:'
        : `${name} was ${given}. sbx would make another beside it, on the same home. Give it its name back:`,
      command: isTaken ? `${kind} rm --force ${name}` : `${kind} rename ${name} ${given}`,
    })
  }
}
