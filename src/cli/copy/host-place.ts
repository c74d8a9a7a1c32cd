// Where on this machine a copy comes from or goes to. What lies in a folder that a sandbox can write may be a link that was
// put there to lead elsewhere: of such a path the end has to be in the same folder.

import { stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { fail } from '../../model/diagnostic.js'
import type { ListedContainer } from '../../model/live.js'
import type { Host } from '../../resolve/host.js'
import { isAtOrBeneath } from '../../resolve/paths.js'
import { writableFolders } from '../../resolve/program-path.js'
import { realPathIfReachable, realPathIfThere } from '../../resolve/read.js'
import { writablePaths } from '../../resolve/sources.js'
import { HostFolder } from '../host/host-folder.js'

/** A name in a folder that is open. */
export type Place = { readonly folder: HostFolder; readonly name: string; readonly path: string }

/** Folders of this machine that some sandbox can write: one of this engine, or one that was ever approved here. */
export function writtenFolders(
  { stateFolder, home }: Pick<Host, 'stateFolder' | 'home'>,
  listed: readonly Pick<ListedContainer, 'spec'>[],
): readonly string[] {
  const approved = writableFolders({ stateFolder, home, workingFolder: null })
  return [...new Set([...listed.flatMap(({ spec }) => writablePaths(spec)), ...approved])]
}

/** Throws `cp/not-found` and `cp/outside`. */
export async function sourcePlace(typed: string, workingFolder: string, written: readonly string[]): Promise<Place> {
  const path = resolve(workingFolder, typed)
  const real = insideOf(path, written)
  if (real === null) notFound(typed)
  if (real === '/') fail('cp/unsafe', 'This cannot be copied', { detail: 'It is all of this machine.' })
  return placeAt(dirname(real), basename(real))
}

/** `name` is what it will be called in a folder that is there. */
export async function targetPlace(
  typed: string,
  name: string,
  workingFolder: string,
  written: readonly string[],
): Promise<Place> {
  const path = resolve(workingFolder, typed)
  const real = insideOf(path, written)
  if (real === null) {
    const above = typed.endsWith('/') ? null : insideOf(dirname(path), written)
    if (above === null || !(await stat(above)).isDirectory()) notFound(typed.endsWith('/') ? path : dirname(path))
    return placeAt(above, basename(path))
  }
  return (await stat(real)).isDirectory() ? placeAt(real, name) : placeAt(dirname(real), basename(real))
}

async function placeAt(folder: string, name: string): Promise<Place> {
  return { folder: await HostFolder.open(folder), name, path: resolve(folder, name) }
}

/** Its real path; null where nothing is. Throws `cp/outside`. */
function insideOf(path: string, written: readonly string[]): string | null {
  const real = realPathIfThere(path)
  const folders = written.map(realPathIfReachable)
  for (let above = path; ; above = dirname(above)) {
    const realAbove = realPathIfThere(above)
    const isThrough = (each: string): boolean => realAbove !== null && isAtOrBeneath(realAbove, each)
    // Of folders in each other the inner one may be all that whoever put the link there can write.
    const folder = folders.find(
      (each) => each !== null && isThrough(each) && real !== null && !isAtOrBeneath(real, each),
    )
    if (folder !== undefined && folder !== null) {
      fail('cp/outside', 'A path leads out of what a sandbox works in', {
        detail:
          `${path} goes through ${folder}, which a sandbox can write, and on by a link there to ${real}. ` +
          'Name that itself if it is meant.',
      })
    }
    if (above === dirname(above)) return real
  }
}

function notFound(path: string): never {
  fail('cp/not-found', 'There is nothing to copy, or nowhere to copy it to', {
    detail: `On this machine, ${path} is not there.`,
  })
}
