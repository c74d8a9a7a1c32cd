import type { OwnChanges, OwnContent, PathChange } from '../../model/risks.js'
import type { Scope } from '../../model/names.js'
import { isChangeList, noEngine } from '../connection/answers.js'
import { archivedEntries } from '../archive/archive-entries.js'
import type { Client } from '../connection/client.js'
import { failTooMuch } from '../archive/copied-tree.js'
import { asError } from '../connection/errors.js'
import { decodeContainer, parseLabel } from '../labels/labels.js'

/** The engine's numbers for a change: `GET /containers/{id}/changes`. */
const changeKinds = ['modified', 'added', 'deleted'] as const

/** In bytes, about a million paths: beyond what a string can be, dockerode would throw where nobody can catch it. */
const longestList = 128 * 2 ** 20

/** Where all of it is needed. Throws `engine/too-much-to-keep`. */
export async function listChanges(client: Client, containerId: string): Promise<readonly PathChange[]> {
  const { paths, uncounted } = await ownChanges(client, containerId)
  if (uncounted !== null) failTooManyChanges()
  return paths
}

export function failTooManyChanges(): never {
  failTooMuch('The list of what changed in it is longer than 128 MiB.')
}

/** A folder counts as modified when anything in it is. One GET, which takes longer the more there is. */
export async function ownChanges(client: Client, containerId: string): Promise<OwnChanges> {
  const path = `/containers/${containerId}/changes`
  const text = await client.call('list what changed', readStream(client, path))
  if (text === null) return { paths: [], uncounted: 'too-many' }
  const found = parseLabel(text)
  if (!isChangeList(found)) throw noEngine(client.endpoint.url, `GET ${path}`)
  const paths = (found ?? []).map(({ Path, Kind }) => ({ path: Path, kind: changeKinds[Kind] ?? 'modified' }))
  return { paths, uncounted: null }
}

/** Null where it is too long. */
async function readStream(client: Client, path: string): Promise<string | null> {
  const call = { path, method: 'GET', isStream: true, statusCodes: { 200: true } }
  const answer = await new Promise<AsyncIterable<Buffer>>((resolve, reject) => {
    client.docker.modem.dial(call, (error: unknown, stream: unknown) => {
      if (error === null) resolve(stream as AsyncIterable<Buffer>)
      else reject(asError(error))
    })
  })
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of answer) {
    length += piece.length
    if (length > longestList) return null
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** One GET, and one more for each volume that is not ours. */
export async function ownContent(client: Client, scope: Scope, containerId: string): Promise<OwnContent> {
  const container = client.docker.getContainer(containerId)
  // A size is what makes the engine look: it adds up the files of the container's own layer.
  const found = await client.call('see what the sandbox holds', container.inspect({ size: true } as object))
  const ours = Object.values(decodeContainer(scope, found.Name.slice(1), found.Config.Labels)?.spec.volumes ?? {})
  const others = found.Mounts.filter(({ Type, Name }) => Type === 'volume' && !ours.includes(Name ?? ''))
  const paths = await Promise.all(
    others.map(async ({ Destination }) => ((await isEmpty(client, containerId, Destination)) ? [] : [Destination])),
  )
  const bytes = 'SizeRw' in found && typeof found.SizeRw === 'number' ? found.SizeRw : null
  return { bytes, volumes: paths.flat().sort() }
}

/** Looks no further than the first thing in a folder. */
async function isEmpty(client: Client, containerId: string, path: string): Promise<boolean> {
  for await (const entry of archivedEntries(client, containerId, path)) {
    if (entry.path !== path) return false
    entry.content.resume()
  }
  return true
}

/** Of what is read from a container at once, in bytes: it can have made its files as large as it likes. */
const largestRead = 32 * 1024 * 1024

/** As many small files are read one by one in the time that a folder of some thousand takes. */
const fewFiles = 16

/**
 * Texts of plain files in one folder, by name: one GET for each of a few, one for the whole folder where there are more.
 * What is not there, or beyond what shall be read, is absent.
 */
export async function readFiles(
  client: Client,
  containerId: string,
  folder: string,
  names: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const wanted = new Map(names.map((name) => [`${folder}/${name}`, name]))
  const found = new Map<string, string>()
  let left = largestRead
  for (const top of names.length > fewFiles ? [folder] : wanted.keys()) {
    for await (const { path, header, content } of archivedEntries(client, containerId, top)) {
      left -= header.size ?? 0
      if (left < 0) return Object.fromEntries(found)
      const name = header.type === 'file' ? wanted.get(path) : undefined
      if (name === undefined) {
        content.resume()
        continue
      }
      const pieces: Buffer[] = []
      for await (const piece of content) pieces.push(piece as Buffer)
      found.set(name, Buffer.concat(pieces).toString('utf8'))
    }
  }
  return Object.fromEntries(found)
}
