import { digest } from '../../model/names.js'
import script from './entrypoint.sh'

/** Where the entrypoint says that a sandbox can be used. Made anew at every start. */
export const readyFile = '/var/lib/sbx/ready'

/** The last that the entrypoint writes before it. */
export const lastFile = '/run/sbx/environment'

/** Outside the spec's hash: a newer entrypoint is a note, never a reason to recreate. */
export const entrypointVersion = digest(script, 8)

export type EntrypointArguments = {
  readonly workspace: string
  /** Path of the engine's socket inside. */
  readonly socket: string | null
  /** Of a clone: `uid:gid` whose it becomes while it is root's. */
  readonly cloneOwner: string | null
  /** Paths in the workspace that are volumes. */
  readonly own: readonly string[]
}

/** The arguments come with the text they are for, so that a container made by another version keeps both. */
export function entrypointCommand({ workspace, socket, cloneOwner, own }: EntrypointArguments): {
  Entrypoint: string[]
  Cmd: string[]
} {
  const more = cloneOwner === null && own.length === 0 ? [] : [cloneOwner ?? '', ...own]
  return { Entrypoint: ['/bin/sh', '-c', script, 'sbx'], Cmd: [workspace, socket ?? '', ...more] }
}
