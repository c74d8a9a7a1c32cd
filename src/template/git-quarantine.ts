// Where objects lie that nobody has looked at yet.

import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { unreadable, withRepository } from './git-view.js'

/**
 * Does the work with an empty repository that finds the rest in the view. In the view and not in what it shows: git asks the
 * repository that it borrows from for its branches, by that one's settings.
 */
export async function withQuarantine<T>(
  view: string,
  idLength: number,
  work: (quarantine: string) => Promise<T>,
): Promise<T> {
  return withRepository(idLength, async (quarantine) => {
    await Promise.all(['info', 'pack'].map((name) => mkdir(join(quarantine, 'objects', name))))
    await writeFile(join(quarantine, 'objects/info/alternates'), `${join(view, 'objects')}\n`)
    return work(quarantine)
  })
}

/**
 * Does the work in a folder of the repository by a path that no link leads elsewhere, whatever takes its place meanwhile:
 * `withFolder` of resolve. Whoever works in a sandbox on the repository can write there all the while.
 */
export type InFolder = (path: string, work: (folder: string) => Promise<void>) => Promise<void>

/**
 * Puts the packs of the quarantine beside those of a repository. A pack is called by what is in it: one that is there is the
 * same. Its index comes last, by which git finds it; what breaks off is called as git's own leftovers are, which it removes.
 * Throws `diff/no-objects`.
 */
export async function keepPacks(quarantine: string, common: string, inFolder: InFolder): Promise<void> {
  const from = join(quarantine, 'objects/pack')
  const objects = join(common, 'objects')
  const names = await packsIn(from)
  try {
    await inFolder(objects, async (folder) => {
      await mkdir(join(folder, 'pack'), { recursive: true })
    })
    await inFolder(join(objects, 'pack'), async (folder) => {
      for (const name of names) {
        for (const end of ['pack', 'idx']) await copyWhole(join(from, `${name}.${end}`), folder, `${name}.${end}`)
      }
    })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error
    const isMoved = ['ELOOP', 'ENOTDIR', 'ENOENT', 'EEXIST'].includes(String(error.code))
    unreadable(
      `${join(objects, 'pack')}: ${isMoved ? 'it is a link or was replaced just now, and could lead to another repository' : String(error.code)}.`,
    )
  }
}

/** Names without their ends, of whole ones. */
async function packsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder)
  return names.filter((name) => /^pack-[0-9a-f]+\.idx$/.test(name)).map((name) => name.slice(0, -'.idx'.length))
}

/** Written through what was opened: what takes the place of the draft meanwhile is never opened itself. */
async function copyWhole(from: string, folder: string, name: string): Promise<void> {
  const draft = join(folder, `tmp_pack_sbx${randomBytes(6).toString('hex')}`)
  const handle = await open(draft, 'wx', 0o600)
  try {
    try {
      for await (const piece of createReadStream(from, { highWaterMark: 1024 * 1024 })) {
        await handle.writeFile(piece as Buffer)
      }
      await handle.sync()
      await handle.chmod(0o444)
    } finally {
      await handle.close()
    }
    await rename(draft, join(folder, name))
  } finally {
    await rm(draft, { force: true })
  }
}
