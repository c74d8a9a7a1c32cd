// What images have in the home of `agent`, kept in the user's cache folder. An image's id stands for what it has, so that
// nothing of it grows old; what is lost is found out anew by the next apply that needs it.

import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isJsonObject, type JsonValue } from '../../model/json.js'
import type { HomeEntry, ImageHome, ImageHomes } from '../../model/home.js'
import { errorCode, readTextIfThere } from '../../resolve/read.js'
import { replaceFile } from '../../resolve/replace-file.js'

export function imageHomesIn(cacheFolder: string): ImageHomes {
  const folder = join(cacheFolder, 'image-homes')
  const fileOf = (imageId: string): string => join(folder, `${createHash('sha256').update(imageId).digest('hex')}.json`)
  const known = new Map<string, ImageHome>()
  return {
    async get(imageId) {
      const text = known.has(imageId) ? null : await readTextIfThere(fileOf(imageId))
      const home = text === null ? null : parsed(text)
      if (home !== null) known.set(imageId, home)
      return known.get(imageId) ?? null
    },
    async put(imageId, home) {
      known.set(imageId, home)
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        await replaceFile(fileOf(imageId), JSON.stringify(home))
      } catch (error) {
        // Without a cache this call knows it all the same, and the next one looks again.
        if (errorCode(error) === undefined) throw error
      }
    },
  }
}

/** Null where it is not what was written. */
function parsed(text: string): ImageHome | null {
  try {
    const home = JSON.parse(text) as JsonValue
    if (home === 'too-much') return home
    return Array.isArray(home) && home.every(isEntry) ? (home as readonly HomeEntry[]) : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function isEntry(value: JsonValue): boolean {
  if (!isJsonObject(value) || typeof value['path'] !== 'string' || !isPlainPath(value['path'])) return false
  const { kind, mode, size, digest, target } = value
  if (kind === 'link') return typeof target === 'string'
  if (kind === 'folder') return typeof mode === 'number'
  return kind === 'file' && typeof mode === 'number' && typeof size === 'number' && typeof digest === 'string'
}

function isPlainPath(path: string): boolean {
  return path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..')
}
