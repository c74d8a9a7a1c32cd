// A base from a git repository. Fetching it is another's work; config only asks for its file.

import type { Position } from '../model/diagnostic.js'

export type RemoteFolder = {
  /** Real path of the folder that the base is in. What its relative paths name has to be in there. */
  readonly folder: string
  /** The reference by which a folder in there, absolute, is a template. */
  template(path: string): string
}

export type RemoteBase = RemoteFolder & {
  /** Absolute. */
  readonly file: string
}

/** `project` is the file of the project that asks for it. Throws a DiagnosticError that names the line. */
export type ReadRemoteBase = (written: string, project: string, at: Position) => Promise<RemoteBase>

export function isRemote(written: string): boolean {
  return written.startsWith('git+')
}
