// What kept sessions wrote to their terminals. The agent's user keeps it, in its home, and could have written anything.

import type { PipedCommand } from '../model/command.js'
import { fail } from '../model/diagnostic.js'
import type { Engine } from '../model/engine.js'
import { sessionHistory } from '../model/names.js'
import followScript from './kept-log.sh'
import { socketOf } from './kept-session.js'

/** Its pieces, oldest first. `log.end` is the last one of a session that ended by itself. */
const pieces = ['log.old', 'log.now', 'log.new', 'log.end'] as const

/** Of all pieces together, in bytes. Twice what there can be where nobody has a hand in it is far from it. */
const largest = 8 * 1024 * 1024

/** More than a session's folder has; what is passed over has to be read as well, in bytes. */
const mostInOne = { entries: 100, bytes: 64 * 1024 * 1024 }

/** And than all of them have. */
const mostInAll = { entries: 10_000, bytes: 512 * 1024 * 1024 }

/** Whether a text can be the id of one, which then is the name of a folder. */
export function isKeptId(text: string): boolean {
  return /^[0-9a-f]{10}$/.test(text)
}

/** Of a container that runs or not; null where there is no such session. What is far from where it should be is not read. */
export async function readKeptLog(
  engine: Pick<Engine, 'readArchive'>,
  containerId: string,
  id: string,
): Promise<Uint8Array | null> {
  const found = new Map<string, Buffer>()
  const passed = { ...mostInOne }
  let left = largest
  for await (const { path, kind, size, content } of engine.readArchive(containerId, `${sessionHistory}/${id}`)) {
    passed.entries -= 1
    if (passed.entries < 0) break
    const isPiece = kind === 'file' && pieces.some((name) => name === path) && size <= left
    if (isPiece) {
      left -= size
      const read: Uint8Array[] = []
      for await (const piece of content) read.push(piece)
      found.set(path, Buffer.concat(read))
    } else {
      passed.bytes -= size
      if (passed.bytes < 0) break
      content.resume()
    }
  }
  return passed.entries === mostInOne.entries ? null : Buffer.concat(pieces.flatMap((name) => found.get(name) ?? []))
}

/** Ids of those that a container has something of, running or not, oldest first. Throws `session/not-told`. */
export async function keptIds(engine: Pick<Engine, 'readArchive'>, containerId: string): Promise<readonly string[]> {
  const ids = new Set<string>()
  const left = { ...mostInAll }
  for await (const { path, kind, size, content } of engine.readArchive(containerId, sessionHistory)) {
    left.entries -= 1
    left.bytes -= size
    if (left.entries < 0 || left.bytes < 0) failTooMuch()
    content.resume()
    if (kind === 'folder' && isKeptId(path)) ids.add(path)
  }
  return [...ids].sort()
}

/** Which is the newest is not known then, and another one's log would be told for it. */
function failTooMuch(): never {
  return fail('session/not-told', 'How the sessions are cannot be told', {
    detail: `In ${sessionHistory} in the sandbox is more than sessions leave there. Name one by its whole id.`,
  })
}

/** Prints the log of one that runs until it ends. */
export function followKept(id: string): PipedCommand {
  return {
    argv: ['/bin/sh', '-c', followScript, 'sbx', `${sessionHistory}/${id}`, socketOf(id)],
    user: 'agent',
    doing: 'read what a session writes',
  }
}
