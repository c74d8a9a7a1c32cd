import { randomBytes } from 'node:crypto'
import { PassThrough, Readable, Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pack, type Header } from 'tar-stream'
import { describe, expect, test } from 'vitest'
import { lookThrough, passArchive } from '../../../src/engine/archive/archive-content.js'

type Entry = Pick<Header, 'name'> & Partial<Header> & { readonly content?: Buffer }

async function archive(entries: readonly Entry[]): Promise<Buffer> {
  const packed = pack()
  const bytes = buffer(packed)
  for (const { content, ...header } of entries) packed.entry(header, content ?? Buffer.alloc(0))
  packed.finalize()
  return bytes
}

/** In pieces that no block of an archive begins with. */
function inPieces(bytes: Buffer, size = 777): Readable {
  return Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size)),
  )
}

const entries: readonly Entry[] = [
  { name: 'home/', type: 'directory', mode: 0o755, uid: 1000 },
  { name: 'home/large', content: randomBytes(300_000), mode: 0o600 },
  { name: 'home/link', type: 'symlink', linkname: '../../etc/passwd' },
  { name: `home/${'long '.repeat(60)}`, content: Buffer.from('x') },
]

test('what passes is handed on as it is, counted and digested', async () => {
  const bytes = await archive(entries)
  const sink = new PassThrough()
  const [content, passed] = await Promise.all([passArchive(inPieces(bytes), sink), buffer(sink)])
  expect(passed.equals(bytes)).toBe(true)
  expect(content).toMatchObject({ files: 3, bytes: 300_001 })
  expect(await lookThrough(inPieces(bytes, 100_000))).toEqual(content)
})

test.each<[string, Partial<Entry>]>([
  ['a content', { content: randomBytes(300_000) }],
  ['a mode', { mode: 0o4755 }],
  ['an owner', { uid: 1 }],
  ['a name', { name: 'home/other' }],
])('%s that differs makes another digest', async (_, change) => {
  const whole = await lookThrough(inPieces(await archive(entries)))
  const changed = entries.map((entry, at) => (at === 1 ? { ...entry, ...change } : entry))
  expect((await lookThrough(inPieces(await archive(changed)))).digest).not.toBe(whole.digest)
})

describe('an archive that is not whole is told of', () => {
  test('cut in a file', async () => {
    const bytes = await archive(entries)
    await expect(lookThrough(inPieces(bytes.subarray(0, 100_000)))).rejects.toThrow()
  })

  test('cut between two files, as an engine does that cannot go on', async () => {
    const bytes = await archive(entries.slice(0, 1))
    await expect(lookThrough(inPieces(bytes.subarray(0, 512)))).rejects.toMatchObject({
      diagnostics: [{ code: 'engine/archive-cut' }],
    })
  })

  test('not there at all', async () => {
    await expect(lookThrough(Readable.from([]))).rejects.toMatchObject({
      diagnostics: [{ code: 'engine/archive-cut' }],
    })
  })
})

test('where the sink fails, so does the whole, with what the sink said', async () => {
  const full = new Writable({ write: (_chunk, _encoding, done) => done(new Error('no space')) })
  await expect(passArchive(inPieces(await archive(entries)), full)).rejects.toThrow('no space')
})

test('an abort ends it', async () => {
  const stop = new AbortController()
  const never = new Readable({ read: () => undefined })
  const looked = lookThrough(never, stop.signal)
  stop.abort()
  await expect(looked).rejects.toThrow(/abort/i)
})
