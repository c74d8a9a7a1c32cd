import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'

/**
 * Writes a file that is this user's alone, whole or not at all, whoever else does so at the same time; its folder is
 * there. `isLasting`: also after a power cut it is there whole, or what was there before.
 */
export async function replaceFile(file: string, text: string, { isLasting = false } = {}): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  try {
    const handle = await open(draft, 'wx', 0o600)
    try {
      await handle.writeFile(text)
      if (isLasting) await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, file)
  } finally {
    await rm(draft, { force: true })
  }
}
