// A home as a file on this machine. What is in it was written by an agent: names and links stay inside the archive.

import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { DiagnosticError, fail } from '../model/diagnostic.js'
import type { Engine } from '../model/engine.js'
import { bytesText, counted } from '../ui/quantities.js'
import { type Invocation, tell } from './invocation.js'

/** Never over a file that is there, and for nobody else to read; half of one does not stay. */
export async function exportHome(
  invocation: Invocation,
  engine: Engine,
  home: { readonly volume: string; readonly sandboxId: string },
  named: string,
): Promise<void> {
  const file = resolve(invocation.workingFolder, named)
  const sink = createWriteStream(file, { flags: 'wx', mode: 0o600 })
  // Before the engine is asked for anything: that it can be written at all, and is this call's own from here on.
  await new Promise<void>((done, refuse) => {
    sink.once('open', () => done())
    sink.once('error', refuse)
  }).catch((error: unknown) => failFile(file, error))
  try {
    const { files, bytes } = await engine.exportVolume(home.volume, home.sandboxId, sink, invocation.signal)
    tell(invocation, [`The home of ${home.sandboxId} is in ${file} (${counted(files, 'file')}, ${bytesText(bytes)}).`])
  } catch (error) {
    sink.destroy()
    await rm(file, { force: true })
    if (error instanceof DiagnosticError) throw error
    failFile(file, error)
  }
}

function failFile(file: string, error: unknown): never {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error
  fail('cli/export-file', 'The file cannot be written', {
    detail:
      error.code === 'EEXIST'
        ? `${file} is there already, and is not written over. Nothing was removed.`
        : `${file}: ${String(error.code)}. Nothing was removed.`,
  })
}
