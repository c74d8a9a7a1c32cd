// What a snapshot holds beyond the template's image, which no comparison would show any more. So the list of it goes along
// in the snapshot, as a file.

import { createHash } from 'node:crypto'
import { fail } from '../../model/diagnostic.js'
import { labels } from '../../model/names.js'
import type { OwnChanges, PathChange } from '../../model/risks.js'
import { readArchivedFile } from '../archive/archive-entries.js'
import type { Client } from '../connection/client.js'
import { failTooMuch, headerBytes, padding } from '../archive/copied-tree.js'
import { mergedChanges } from '../archive/copy-selection.js'
import { specOf } from '../labels/labels.js'
import { listChanges, ownChanges } from './own-content.js'

const keptLists = '/var/lib/sbx/kept'

/** Where a container made from a snapshot has the list of what was in that beyond the template's image. */
function listPath(image: string): string {
  return `${keptLists}/${image.slice(image.lastIndexOf(':') + 1)}.json`
}

/** In bytes. An agent can have written it, and what it takes to read is a multiple of it. */
const largestList = 32 * 2 ** 20

/** The list as the beginning of an archive, without an end, and its digest. Throws `engine/too-much-to-keep`. */
export async function keptListEntry(
  image: string,
  changes: readonly PathChange[],
): Promise<{ readonly archive: Buffer; readonly digest: string }> {
  const text = Buffer.from(JSON.stringify(changes))
  if (text.length > largestList) failTooMuch('The list of them is longer than 32 MiB.')
  const header = { name: listPath(image).slice(1), mode: 0o644, mtime: new Date(0), size: text.length }
  const archive = Buffer.concat([await headerBytes(header), text, padding(text.length)])
  return { archive, digest: listDigest(text) }
}

function listDigest(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Of a container that stands on a snapshot, the list in that; of another one nothing. Throws `engine/kept-list`. */
export async function keptChanges(client: Client, id: string): Promise<PathChange[]> {
  const list = await readList(client, id)
  return list === 'unreadable' ? failKeptList() : list
}

export function failKeptList(): never {
  return fail('engine/kept-list', 'What a snapshot holds cannot be told any more', {
    detail:
      `The list of the files that were kept, in ${keptLists} in the sandbox, was removed or changed, or an older sbx ` +
      'kept them. Copy what is worth keeping to the home, and apply with --discard.',
  })
}

async function readList(client: Client, id: string): Promise<PathChange[] | 'unreadable'> {
  const { Config: config } = await client.call('look at the sandbox', client.docker.getContainer(id).inspect())
  const spec = specOf(config.Labels)
  if (spec?.carried === undefined) return []
  const text = await readArchivedFile(client, id, listPath(spec.carried.image), largestList)
  // The container has the digest from its image, and so out of reach of who works in it.
  if (text === null || listDigest(text) !== config.Labels[labels.keptList]) return 'unreadable'
  return parsed(text) ?? 'unreadable'
}

/** Throws `engine/kept-list`: what is not known to be there would be missed for good, once it is kept anew. */
export async function changesToKeep(client: Client, id: string): Promise<readonly PathChange[]> {
  const [before, since] = await Promise.all([keptChanges(client, id), listChanges(client, id)])
  return mergedChanges(before, since)
}

/** Of a list that is not there any more, or is another, nothing is known. */
export async function changesSinceTemplate(client: Client, id: string): Promise<OwnChanges> {
  const [before, since] = await Promise.all([readList(client, id), ownChanges(client, id)])
  if (before === 'unreadable') return { paths: since.paths, uncounted: since.uncounted ?? 'kept-list' }
  return { paths: mergedChanges(before, since.paths), uncounted: since.uncounted }
}

/** Without what was kept before, of which nothing can be kept where its list is not there any more, or is another. */
export async function changesSinceKept(client: Client, id: string): Promise<OwnChanges> {
  const [before, since] = await Promise.all([readList(client, id), ownChanges(client, id)])
  return before === 'unreadable' ? { paths: since.paths, uncounted: since.uncounted ?? 'kept-list' } : since
}

/** The sandbox's agent could have written it. */
function parsed(text: string | null): PathChange[] | null {
  try {
    const list: unknown = JSON.parse(text ?? '')
    return Array.isArray(list) && list.every(isChange) ? list : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function isChange(value: unknown): value is PathChange {
  if (typeof value !== 'object' || value === null || !('path' in value) || !('kind' in value)) return false
  const { path, kind } = value
  return (
    typeof path === 'string' && isPlainPath(path) && (kind === 'added' || kind === 'modified' || kind === 'deleted')
  )
}

function isPlainPath(path: string): boolean {
  const [first, ...segments] = path.split('/')
  return first === '' && segments.length > 0 && segments.every((each) => each !== '' && each !== '.' && each !== '..')
}
