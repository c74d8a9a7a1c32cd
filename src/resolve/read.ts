// Reading what may not be there.

import { realpathSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/**
 * Whether an error says that no such file exists, as of a name that none can have; everything else (permissions, say) is
 * another matter.
 */
export function isAbsent(error: unknown): boolean {
  const code = errorCode(error)
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG'
}

/** What `read` gives for the path, or null where nothing is there. */
export async function readIfThere<T>(path: string, read: (path: string) => Promise<T>): Promise<T | null> {
  try {
    return await read(path)
  } catch (error) {
    if (isAbsent(error)) return null
    throw error
  }
}

export async function readTextIfThere(path: string): Promise<string | null> {
  return readIfThere(path, (file) => readFile(file, 'utf8'))
}

/** Not handed to another thread: of the forty places that one call looks at, that takes longer than the looking. */
export function realPathIfThere(path: string): string | null {
  try {
    return realpathSync.native(path)
  } catch (error) {
    if (isAbsent(error)) return null
    throw error
  }
}

/** Null also where links lead in a circle or this user may not look: then the path alone is what is known of the place. */
export function realPathIfReachable(path: string): string | null {
  try {
    return realPathIfThere(path)
  } catch (error) {
    if (errorCode(error) === undefined) throw error
    return null
  }
}
