// git in a sandbox as the far end of a pipe: it runs as the agent, with the agent's settings.

import { PassThrough } from 'node:stream'
import { fail } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import { agentHome } from '../../model/names.js'
import { inTime, limitText } from '../../model/time-limit.js'
import { lastWords } from '../../template/git-failures.js'
import type { FarEnd } from '../../template/git-pipe.js'

/**
 * Of what is sent in, packs stay packs: to unpack and compress each object again takes three times as long. `folder` is the
 * top of the working tree. Throws what `Engine.pipe` throws.
 */
export function gitInside(engine: Pick<Engine, 'pipe'>, containerId: string, folder: string): FarEnd {
  const settings = {
    'upload-pack': [],
    'receive-pack': ['receive.unpackLimit=1', 'core.bigFileThreshold=1m', 'receive.autoGC=false'],
  }
  return (service, streams, signal) =>
    engine.pipe(
      containerId,
      {
        argv: ['git', ...settings[service].flatMap((setting) => ['-c', setting]), service, folder],
        user: 'agent',
        env: insideEnv(folder),
        workingFolder: folder,
        doing: service === 'upload-pack' ? 'fetch what the sandbox has' : 'send commits into the sandbox',
      },
      streams,
      signal,
    )
}

/** Of whatever runs git in a clone: the folder may be another user's where the agent is root. */
export function insideEnv(folder: string): Readonly<Record<string, string>> {
  return {
    HOME: agentHome,
    LC_ALL: 'C',
    ...{ GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: folder },
  }
}

/** Runs a script with arguments and gives the last line that it printed. `doing` completes "while trying to". */
export type ScriptInside = (script: string, args: readonly string[], doing: string) => Promise<string>

/** In bytes, of what such a script prints. */
const mostPrinted = 1024 * 1024

/** In milliseconds: it writes a checkout, or reads all of one. */
const scriptLimit = 10 * 60_000

/** `env` is for git, beside what each call has. Throws `clone/git-failed`, and what `Engine.pipe` throws. */
export function scriptInside(
  {
    engine,
    containerId,
    folder,
    env,
    limit = scriptLimit,
  }: {
    readonly engine: Pick<Engine, 'pipe'>
    readonly containerId: string
    readonly folder: string
    readonly env: Readonly<Record<string, string>>
    readonly limit?: number
  },
  signal: AbortSignal,
): ScriptInside {
  return async (script, args, doing) => {
    const pieces: Buffer[] = []
    let left = mostPrinted
    const output = new PassThrough().on('data', (piece: Buffer) => {
      if (left > 0) pieces.push(piece)
      left -= piece.length
    })
    const command = {
      argv: ['/bin/sh', '-c', script, 'sbx', ...args],
      user: 'agent',
      env: { ...insideEnv(folder), ...env },
      workingFolder: folder,
      doing,
    } as const
    const ended = await inTime(limit, signal, (limited) => engine.pipe(containerId, command, { output }, limited))
    if (ended === null) {
      return fail('clone/git-failed', 'git did not do it', {
        detail: `The git in the sandbox has not come to its end after ${limitText(limit)}. It was to ${doing}.`,
      })
    }
    const { exitCode, stderr } = ended.result
    if (exitCode === 0) return Buffer.concat(pieces).toString().trim().split('\n').at(-1) ?? ''
    const isThere = exitCode !== 127
    return fail('clone/git-failed', 'git did not do it', {
      detail: isThere
        ? `The git in the sandbox says: ${lastWords(stderr)}`
        : 'There is no git in the sandbox. Have its template install it.',
    })
  }
}
