// What is in a volume, seen from a container that is never started: its files come out as an archive. The container is of
// an empty image, made for it and removed with it, so that no other image has to be there.

import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { ContainerCreateOptions } from 'dockerode'
import { extract } from 'tar-stream'
import type { VolumeFiles } from '../../model/volumes.js'
import { labels, namePrefix, type Scope } from '../../model/names.js'
import type { Client } from '../connection/client.js'
import { rethrow, statusOf } from '../connection/errors.js'
import { holderOf } from '../container/holder.js'
import { removeImage } from '../image/images.js'
import { removeContainer } from '../container/containers.js'
import { removedAfter } from '../container/short-lived.js'
import { statPath } from '../archive/path-stat.js'

/** Of a file, in bytes. */
const largestFile = 1024 * 1024

const doing = 'look into a volume'

/** By volume, the files at the given paths in it; null for a volume that is not there. */
export async function readVolumes(
  client: Client,
  scope: Scope,
  wanted: Readonly<Record<string, readonly string[]>>,
): Promise<Readonly<Record<string, VolumeFiles | null>>> {
  const names = Object.keys(wanted)
  const isThere = await Promise.all(names.map((name) => hasVolume(client, name)))
  const there = names.filter((_, at) => isThere[at])
  const absent = Object.fromEntries(names.filter((name) => !there.includes(name)).map((name) => [name, null]))
  if (there.length === 0) return absent
  return withContainer(client, scope, there, async (id) => {
    const found = there.map(async (name, at) => {
      const files = (wanted[name] ?? []).map(async (path) => {
        return [path, await readFile(client, id, `/${String(at)}/${path}`)] as const
      })
      return [name, Object.fromEntries(await Promise.all(files))] as const
    })
    return { ...absent, ...Object.fromEntries(await Promise.all(found)) }
  })
}

/** Whether nothing is in it, whatever the images of the containers that have it mounted say. */
export async function isEmptyVolume(client: Client, scope: Scope, name: string): Promise<boolean> {
  return withContainer(client, scope, [name], async (id) => {
    const archive = await client.call(doing, client.docker.getContainer(id).getArchive({ path: '/0' }))
    const entries = extract()
    archive.pipe(entries)
    let count = 0
    for await (const entry of entries) {
      count += 1
      entry.resume()
    }
    return count <= 1
  })
}

export async function hasVolume(client: Client, name: string): Promise<boolean> {
  try {
    await client.docker.getVolume(name).inspect()
    return true
  } catch (error) {
    if (statusOf(error) === 404) return false
    return rethrow(error, client.endpoint.url, `look at the volume ${name}`)
  }
}

/** `work` gets the id of a container with the volumes at `/0`, `/1` and so on. */
async function withContainer<Result>(
  client: Client,
  scope: Scope,
  volumes: readonly string[],
  work: (containerId: string) => Promise<Result>,
): Promise<Result> {
  return withVolumes(client, scope, Object.fromEntries(volumes.map((name, at) => [`/${String(at)}`, name])), work)
}

/** `work` gets the id of a container, never started, that has the volumes at their targets and nothing else. */
export async function withVolumes<Result>(
  client: Client,
  scope: Scope,
  volumes: Readonly<Record<string, string>>,
  work: (containerId: string) => Promise<Result>,
): Promise<Result> {
  const { id, image } = await makeHolder(client, scope, volumes)
  try {
    return await removedAfter(client, id, () => work(id))
  } finally {
    await removeImage(client, image)
  }
}

/** The same for as long as it is wanted. */
export async function holdVolumes(
  client: Client,
  scope: Scope,
  volumes: Readonly<Record<string, string>>,
): Promise<{ readonly id: string; remove(): Promise<void> }> {
  const { id, image } = await makeHolder(client, scope, volumes)
  return {
    id,
    async remove() {
      await removeContainer(client, id, { force: true })
      await removeImage(client, image)
    },
  }
}

async function makeHolder(
  client: Client,
  scope: Scope,
  volumes: Readonly<Record<string, string>>,
): Promise<{ readonly id: string; readonly image: string }> {
  const name = `${namePrefix(scope)}look-${randomBytes(4).toString('hex')}`
  const image = `localhost/${name}:latest`
  const holder = await holderOf(client.machine)
  await importNothing(client, scope, name, holder)
  try {
    const body = {
      Image: image,
      // What is never started needs a command all the same.
      Cmd: ['-'],
      Labels: { [labels.scope]: scope, [labels.holder]: holder },
      HostConfig: {
        NetworkMode: 'none',
        Mounts: Object.entries(volumes).map(([target, volume]) => ({
          ...{ Type: 'volume', Source: volume, Target: target },
          VolumeOptions: { NoCopy: true },
        })),
      },
    }
    const options = { _query: { name }, _body: body } as object as ContainerCreateOptions
    const { id } = await client.call(doing, client.docker.createContainer(options))
    return { id, image }
  } catch (error) {
    await removeImage(client, image)
    throw error
  }
}

/** An archive without entries is two blocks of zeros. */
async function importNothing(client: Client, scope: Scope, name: string, holder: string): Promise<void> {
  const changes = `LABEL ${labels.scope}="${scope}" ${labels.holder}=${JSON.stringify(holder)}`
  const options = { repo: `localhost/${name}`, tag: 'latest', changes }
  const imported = client.docker.importImage(Readable.from([Buffer.alloc(1024)]), options)
  const answer = await client.call('make an empty image', imported)
  answer.resume()
  await client.call('make an empty image', finished(answer))
}

/** Null where there is no plain file, or a larger one. */
async function readFile(client: Client, id: string, path: string): Promise<VolumeFiles[string]> {
  const stat = await statPath(client, id, path, doing)
  if (stat === null || !stat.isPlainFile || stat.size > largestFile) return null
  const archive = await client.call(doing, client.docker.getContainer(id).getArchive({ path }))
  const chunks: Buffer[] = []
  for await (const chunk of archive) chunks.push(chunk as Buffer)
  const entries = extract()
  entries.end(Buffer.concat(chunks))
  for await (const entry of entries) {
    const pieces: Buffer[] = []
    for await (const piece of entry) pieces.push(piece as Buffer)
    return { text: Buffer.concat(pieces).toString('utf8'), modifiedAt: Math.floor(Date.parse(stat.modifiedAt) / 1000) }
  }
  return null
}
