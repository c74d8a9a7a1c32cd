// Folders of this machine that somebody in a sandbox may be changing while sbx works in them: the workspace is one. Each is
// held open and what is in it is named from there, so that no link that is put in its place meanwhile leads elsewhere.

import { randomBytes } from 'node:crypto'
import { constants, existsSync } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readlink, rename, rmdir, unlink } from 'node:fs/promises'
import { fail } from '../../model/diagnostic.js'

const folderOnly = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

/** Where an open folder can be named. Elsewhere it goes by its path, and only a look before each use is between. */
const openFiles = '/proc/self/fd'
let hasOpenFiles: boolean | undefined

export class HostFolder {
  readonly #handle: FileHandle
  readonly #base: string

  private constructor(handle: FileHandle, path: string) {
    hasOpenFiles ??= existsSync(openFiles)
    this.#handle = handle
    this.#base = hasOpenFiles ? `${openFiles}/${String(handle.fd)}` : path
  }

  /** By its real path; throws `cp/outside` where that has changed since it was looked up. */
  static async open(path: string): Promise<HostFolder> {
    const folder = new HostFolder(await open(path, folderOnly), path)
    if (hasOpenFiles === true && (await readlink(folder.#base)) !== path) {
      await folder.close()
      fail('cp/outside', 'A path leads out of what the sandbox works in', { detail: `${path} was just replaced.` })
    }
    return folder
  }

  /** Of something in it, for one call that follows no link. */
  at(name: string): string {
    return `${this.#base}/${name}`
  }

  async names(): Promise<readonly string[]> {
    return (await readdir(this.#base)).sort()
  }

  async child(name: string): Promise<HostFolder> {
    const path = this.at(name)
    return new HostFolder(await open(path, folderOnly), path)
  }

  async makeChild(name: string, mode: number): Promise<HostFolder> {
    await mkdir(this.at(name), { mode })
    return this.child(name)
  }

  /** One for this call alone. */
  async makeTemporary(): Promise<{ readonly name: string; readonly folder: HostFolder }> {
    const name = `.sbx-cp-${randomBytes(6).toString('hex')}`
    return { name, folder: await this.makeChild(name, 0o700) }
  }

  async take(from: HostFolder, name: string, as: string): Promise<void> {
    await rename(from.at(name), this.at(as))
  }

  /** With all that is in it, and nothing that is only linked to. */
  async removeChild(name: string): Promise<void> {
    const folder = await this.child(name)
    try {
      for (const each of await folder.names()) {
        const isGone = await unlink(folder.at(each)).then(
          () => true,
          (error: unknown) => (isFolderError(error) ? false : Promise.reject(error as Error)),
        )
        if (!isGone) await folder.removeChild(each)
      }
    } finally {
      await folder.close()
    }
    await rmdir(this.at(name))
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}

/** What systems say of a folder that is to be unlinked. */
function isFolderError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EISDIR' || error.code === 'EPERM')
}
