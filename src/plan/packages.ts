// What a package manager installed in a container, read from the paths that it changed there.

import { listedPackage } from '../model/debian-packages.js'
import type { Package, PathChange } from '../model/risks.js'

/** Those that were installed, or installed anew. One that was removed is told by the files that are gone. */
export function debianPackages(changes: readonly PathChange[]): Package[] {
  const found = changes.flatMap(({ path, kind }): Package[] => {
    const name = listedPackage(path)
    return name === null || kind === 'deleted' ? [] : [{ manager: 'debian', name, wasThere: kind === 'modified' }]
  })
  return found.sort(byName)
}

/** The name of a package's list in `packageLists`. */
export function listOf({ name }: Package): string {
  return `${name}.list`
}

/** What dpkg and apt write beside the files of the packages themselves. */
export const debianBookkeeping = [
  '/etc/alternatives',
  '/etc/ld.so.cache',
  '/var/cache/apt',
  '/var/cache/debconf',
  '/var/cache/ldconfig',
  '/var/cache/man',
  '/var/lib/apt',
  '/var/lib/dpkg',
  '/var/log/alternatives.log',
  '/var/log/apt',
  '/var/log/dpkg.log',
] as const

const globalPackage = /^(\/(?:[^/]+\/)*?lib\/node_modules)\/((?:@[^/]+\/)?[^/@.][^/]*)\/package\.json$/

export type GlobalPackage = Package & { readonly folder: string }

/** Those in a folder `lib/node_modules` that no other package lies above. */
export function npmPackages(changes: readonly PathChange[]): GlobalPackage[] {
  const found = changes.flatMap(({ path, kind }): GlobalPackage[] => {
    const [, parent, name] = globalPackage.exec(path) ?? []
    if (parent === undefined || name === undefined || kind === 'deleted' || parent.includes('/node_modules/')) return []
    return [{ manager: 'npm', name, wasThere: kind === 'modified', folder: `${parent}/${name}` }]
  })
  return found.sort(byName)
}

function byName(a: Package, b: Package): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}
