// A folder for a sandbox that nobody keeps. Whatever is in its workspace afterwards can be of an owner whom the user
// cannot remove anything of: it is emptied from inside, while there still is an inside.

import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DiagnosticError } from '../model/diagnostic.js'
import type { Engine } from '../model/engine.js'
import type { LiveSandbox } from '../model/live.js'
import { type Invocation, tell } from './invocation.js'

/** Of emptying, which takes no time, in milliseconds. */
const limit = 10_000

/** Does the work with a folder that is no project's, and removes it on every way out; a note says where it cannot. */
export async function inThrowAwayFolder<T>(
  invocation: Invocation,
  purpose: 'template' | 'login',
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const outer = await mkdtemp(join(tmpdir(), `sbx-${purpose}-`))
  try {
    // The outer one stays the user's own, so that an empty inner one can be removed whoever owns it.
    const folder = join(outer, 'workspace')
    await mkdir(folder)
    return await work(folder)
  } finally {
    await remove(invocation, outer)
  }
}

async function remove(invocation: Invocation, outer: string): Promise<void> {
  try {
    await rm(outer, { recursive: true })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error
    tell(invocation, [`note: ${outer} cannot be removed, and stays: ${String(error.code)}. Remove it as root.`])
  }
}

/** Before the sandbox is removed, also after Ctrl-C. Does nothing where it does not run. */
export async function emptyWorkspace(
  invocation: Invocation,
  engine: Engine,
  { containers }: LiveSandbox,
  workspace: string,
): Promise<void> {
  for (const { id, state } of containers) {
    if (state !== 'running') continue
    const argv = ['/bin/sh', '-c', 'cd "$1" && rm -rf -- * .[!.]* ..?*', 'sh', workspace]
    try {
      await engine.run(id, { argv, user: 'root', doing: 'empty the temporary workspace', limit })
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      tell(
        invocation,
        error.diagnostics.map(({ summary, detail = '' }) => `note: ${summary}. ${detail}`.trimEnd()),
      )
    }
  }
}
