// Over an engine that loses a file on the way, or ends early: a copy that is not what was copied is told as that. No real
// engine was seen to do it.

import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { pack } from 'tar-stream'
import { expect, test } from 'vitest'
import type { Client } from '../../src/engine/connection/client.js'
import { copyVolume } from '../../src/engine/volume/copy-volume.js'

type Files = Readonly<Record<string, string>>

function archiveOf(files: Files): Readable {
  const archive = pack()
  archive.entry({ name: 'home/', type: 'directory' })
  for (const [name, text] of Object.entries(files)) archive.entry({ name: `home/${name}` }, text)
  archive.finalize()
  return archive as unknown as Readable
}

/** One that has `sent` in the first volume and, whatever it is given, `arrived` in the other. */
function clientWith(sent: () => Readable, arrived: () => Readable): { client: Client; removed: string[] } {
  const removed: string[] = []
  let count = 0
  const docker = {
    importImage: async () => Readable.from([]),
    createContainer: async () => ({ id: count++ === 0 ? 'sender' : 'receiver' }),
    getContainer: (id: string) => ({
      getArchive: async () => (id === 'sender' ? sent() : arrived()),
      putArchive: async (archive: Readable) => {
        archive.resume()
        await finished(archive)
      },
      remove: async () => void removed.push(id),
    }),
    getImage: (name: string) => ({ remove: async () => void removed.push(name.replace(/look-.*/, 'look')) }),
  }
  const client = {
    ...{ docker, id: 'id', endpoint: { url: 'unix:///engine.sock' } },
    call: (_: string, made: Promise<unknown>) => made,
  }
  return { client: client as unknown as Client, removed }
}

const files: Files = { one: 'first', two: 'second' }
const { signal } = new AbortController()
const copy = (client: Client): ReturnType<typeof copyVolume> => copyVolume(client, '', 'from', 'to', signal)

test('what arrived as it was sent is a copy', async () => {
  const { client } = clientWith(
    () => archiveOf(files),
    () => archiveOf(files),
  )
  expect(await copy(client)).toEqual({ files: 2, bytes: 11 })
})

test.each<readonly [what: string, arrived: Files]>([
  ['a file is missing', { one: 'first' }],
  ['a file is another', { one: 'first', two: 'sec0nd' }],
  ['a file is one too many', { ...files, three: '' }],
])('where %s, it is none, and what it was made with goes', async (_, arrived) => {
  const { client, removed } = clientWith(
    () => archiveOf(files),
    () => archiveOf(arrived),
  )
  await expect(copy(client)).rejects.toMatchObject({
    kind: 'failed',
    diagnostics: [
      { code: 'engine/copy-differs', detail: expect.stringMatching(/^2 files were sent and [123] arrived/) },
    ],
  })
  expect(removed).toEqual(['receiver', 'localhost/sbx-look', 'sender', 'localhost/sbx-look'])
})
