// Questions about absolute, normalised paths. Nothing here touches the disk.

import { sep } from 'node:path'

/** Whether `path` lies in `folder`, at any depth; a folder is not beneath itself. */
export function isBeneath(path: string, folder: string): boolean {
  if (path.length <= folder.length || !path.startsWith(folder)) return false
  return path[folder.length] === sep || folder.endsWith(sep)
}

export function isAtOrBeneath(path: string, folder: string): boolean {
  return path === folder || isBeneath(path, folder)
}

/** Whether they are one, or one of them lies in the other. */
export function areInEachOther(one: string, other: string): boolean {
  return isAtOrBeneath(one, other) || isBeneath(other, one)
}

/** As a person writes it: `~/data` instead of `/home/ada/data`. */
export function withTilde(path: string, home: string): string {
  if (path === home) return '~'
  return isBeneath(path, home) ? `~/${path.slice(home.length + 1)}` : path
}
