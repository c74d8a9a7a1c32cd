import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { Invocation } from '../../../src/cli/call/invocation.js'

/** A call in a folder that has this machine's programs, and whose user's files all lie there. */
export function callIn(root: string, options: Partial<Invocation['options']> = {}): Invocation {
  return {
    options: { color: false, ...options },
    signal: new AbortController().signal,
    env: {
      ...{ XDG_CONFIG_HOME: join(root, 'config'), XDG_STATE_HOME: join(root, 'state') },
      ...{ XDG_CACHE_HOME: join(root, 'cache'), PATH: process.env['PATH'] },
    },
    workingFolder: root,
    ...{ input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() },
  }
}
