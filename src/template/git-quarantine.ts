// Where objects lie that nobody has looked at yet.

import { constants } from 'node:fs'
import { copyFile, lstat, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { fail } from '../model/diagnostic.js'
import { withRepository } from './git-view.js'

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
 * Puts the packs of the quarantine beside those of a repository. A pack is called by what is in it: one that is there is the
 * same. Its index comes last, by which git finds it; what breaks off is called as git's own leftovers are, which it removes.
 */
export async function keepPacks(quarantine: string, common: string): Promise<void> {
  const from = join(quarantine, 'objects/pack')
  const to = join(common, 'objects/pack')
  await makeFolder(to)
  for (const name of await packsIn(from)) {
    for (const end of ['pack', 'idx']) await copyWhole(join(from, `${name}.${end}`), join(to, `${name}.${end}`))
  }
}

/** Names without their ends, of whole ones. */
async function packsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder)
  return names.filter((name) => /^pack-[0-9a-f]+\.idx$/.test(name)).map((name) => name.slice(0, -'.idx'.length))
}

async function copyWhole(from: string, to: string): Promise<void> {
  const draft = join(to, `../tmp_pack_sbx${randomBytes(6).toString('hex')}`)
  try {
    await copyFile(from, draft, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
    const handle = await open(draft, 'r+')
    try {
      await handle.sync()
      await handle.chmod(0o444)
    } finally {
      await handle.close()
    }
    await rename(draft, to)
  } finally {
    await rm(draft, { force: true })
  }
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  if ((await lstat(folder)).isDirectory()) return
  fail('diff/no-objects', 'The objects of the git repository cannot be read', {
    detail: `${folder} is a link, and could lead to another repository.`,
  })
}
