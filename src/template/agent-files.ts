// Files of this machine that sessions of the agent begin with, copied into its home before each.

import { PassThrough, Readable } from 'node:stream'
import { fail } from '../model/diagnostic.js'
import type { Engine } from '../model/engine.js'
import { agentHome } from '../model/names.js'
import { inTime, limitText } from '../model/time-limit.js'
import script from './lay-files.sh'

/** `path` is absolute, and inside. */
export type SessionFile = { readonly path: string; readonly isExecutable: boolean; readonly content: Buffer }

type Place = {
  readonly engine: Pick<Engine, 'pipe' | 'readArchive'>
  readonly containerId: string
  readonly signal?: AbortSignal | undefined
  /** In milliseconds. */
  readonly limit?: number
}

/** What sbx remembers in the home, and the list of what was put there the last time. */
const folder = `${agentHome}/.local/state/sbx`
const last = `${folder}/files`

/**
 * As `agent`, and each time: what it has made of its copies meanwhile is no beginning. What was put there by an earlier
 * session and is none of these files is removed. One GET where there are none, and nothing more where there never were.
 * Throws `template/files-failed`.
 */
export async function putSessionFiles(
  { engine, containerId, signal, limit = 60_000 }: Place,
  files: readonly SessionFile[],
): Promise<void> {
  if (files.length === 0 && !(await isThere({ engine, containerId }))) return
  const command = {
    argv: ['/bin/sh', '-c', script, 'sh', folder],
    user: 'agent',
    doing: "put files into the agent's home",
  } as const
  const said = new PassThrough().resume()
  const input = await archiveOf(files)
  const ended = await inTime(limit, signal, (limited) =>
    engine.pipe(containerId, command, { input, output: said }, limited),
  )
  if (ended === null) return failed(`it is not done after ${limitText(limit)}`)
  const { exitCode, stderr } = ended.result
  if (exitCode !== 0) failed(stderr.trim() === '' ? `exit code ${String(exitCode)}` : stderr.trim())
}

function failed(why: string): never {
  fail('template/files-failed', "The agent's files could not be put into its home", {
    detail: `In the sandbox, as agent: ${why}. What is to be there is under "files" of the agent.`,
  })
}

/** No more than the first entry comes: whoever works there can have put anything in the place of the list. */
async function isThere({ engine, containerId }: Place): Promise<boolean> {
  for await (const _ of engine.readArchive(containerId, last)) return true
  return false
}

async function archiveOf(files: readonly SessionFile[]): Promise<Readable> {
  const { pack } = await import('tar-stream')
  const archive = pack()
  archive.entry({ name: 'list' }, files.map(({ path }) => `${path}\n`).join(''))
  for (const [number, { isExecutable, content }] of files.entries()) {
    archive.entry({ name: String(number), mode: isExecutable ? 0o555 : 0o444 }, content)
  }
  archive.finalize()
  return Readable.from(archive, { objectMode: false })
}
