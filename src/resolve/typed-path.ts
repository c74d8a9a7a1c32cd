// Where a path leads that a person typed. To type it is a yes to that place, and to no other that somebody else's link
// makes of it.

import { lstatSync, readlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isAtOrBeneath } from './paths.js'
import { isAbsent } from './read.js'

/** As many as the kernel follows. */
const mostLinks = 40

/**
 * Its real path; null where it is not there, or where a link is on the way that is not the system's own. `writable` are
 * folders in which agents can make links.
 */
export function realPathAsTyped(path: string, writable: readonly string[]): string | null {
  const steps = stepsTo(path)
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
    if (value.isLink && !isOfSystem(value.folder, writable)) return null
  }
}

/**
 * Every place that is looked at on the way to a path, its own end among them; links are followed, each from its real folder.
 * Whoever can write at one of them says where the path leads. It ends where nothing is.
 */
export function placesOnWay(path: string): readonly string[] {
  return [...stepsTo(path)].map(({ place }) => place)
}

/** `place` is what is looked at in a real folder. */
type Step = { readonly folder: string; readonly place: string; readonly isLink: boolean }

/** As the kernel goes. Gives the real path in the end, null where nothing is there. */
function* stepsTo(path: string): Generator<Step, string | null> {
  const names = namesOf(path).reverse()
  let folder = '/'
  let links = 0
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    if (name === '..') {
      folder = dirname(folder)
      continue
    }
    const place = join(folder, name)
    const target = linkAt(place)
    yield { folder, place, isLink: target !== null && target !== 'absent' }
    if (target === 'absent') return null
    if (target === null) {
      folder = place
      continue
    }
    if (++links > mostLinks) return null
    if (target.path.startsWith('/')) folder = '/'
    names.push(...namesOf(target.path).reverse())
  }
  return folder
}

/** Null for what is no link. */
function linkAt(path: string): { readonly path: string } | 'absent' | null {
  try {
    return lstatSync(path).isSymbolicLink() ? { path: readlinkSync(path) } : null
  } catch (error) {
    if (isAbsent(error)) return 'absent'
    throw error
  }
}

/** As `/`, where `/tmp` is a link on macOS. One of root's in a folder of somebody else an agent with sudo can have made. */
function isOfSystem(folder: string, writable: readonly string[]): boolean {
  if (writable.some((path) => isAtOrBeneath(folder, path))) return false
  for (let each = folder; ; each = dirname(each)) {
    const { uid, mode } = lstatSync(each)
    if (uid !== 0 || (mode & 0o022) !== 0) return false
    if (each === dirname(each)) return true
  }
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.')
}
