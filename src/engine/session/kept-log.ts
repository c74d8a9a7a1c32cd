// What kept sessions wrote to their terminals. The agent's user keeps it, in its home, and could have written anything.

import type { PipedCommand } from '../../model/command.js'
import { fail } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import { sessionHistory } from '../../model/names.js'
import type { KeptSession } from '../../model/session.js'
import followScript from './kept-log.sh'
import { beganAt, exitCodeOf, socketOf } from './kept-session.js'

/** Its pieces, oldest first. `log.end` is the last one of a session that ended by itself. */
const pieces = ['log.old', 'log.now', 'log.new', 'log.end'] as const

/** Of all pieces together, in bytes. Twice what there can be where nobody has a hand in it is far from it. */
const largest = 8 * 1024 * 1024

/** More than a session's folder has; what is passed over has to be read as well, in bytes. */
const mostInOne = { entries: 100, bytes: 64 * 1024 * 1024 }

/** And than all of them have. */
const mostInAll = { entries: 10_000, bytes: 512 * 1024 * 1024 }

/** What is told of a session in a line, in bytes. */
const longestFact = 4096

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

/** Those that a container has something of which does not run, oldest first. Throws `session/not-told`. */
export async function keptOf(
  engine: Pick<Engine, 'readArchive'>,
  containerId: string,
): Promise<readonly KeptSession[]> {
  const found = new Map<string, KeptSession>()
  const left = { ...mostInAll }
  for await (const { path, kind, size, modifiedAt, content } of engine.readArchive(containerId, sessionHistory)) {
    left.entries -= 1
    left.bytes -= size
    if (left.entries < 0 || left.bytes < 0) failTooMuch()
    const [id = '', name, ...deeper] = path.split('/')
    const session = found.get(id) ?? lost(id)
    if (kind === 'folder' && name === undefined && isKeptId(id)) found.set(id, session)
    const isFact =
      kind === 'file' && deeper.length === 0 && (name === 'code' || name === 'program') && size <= longestFact
    if (!isFact || !found.has(id)) {
      content.resume()
      continue
    }
    const pieces: Uint8Array[] = []
    for await (const piece of content) pieces.push(piece)
    const [text = ''] = Buffer.concat(pieces).toString().split('\n')
    if (name === 'program') found.set(id, { ...session, program: text })
    else found.set(id, { ...session, state: 'ended', exitCode: exitCodeOf(text), endedAt: modifiedAt })
  }
  return [...found.values()].sort((one, other) => (one.id < other.id ? -1 : 1))
}

/** Of which nothing is known but its id. */
function lost(id: string): KeptSession {
  return {
    ...{ id, state: 'lost', exitCode: null, startedAt: beganAt(id), endedAt: null, program: '' },
    ...{ isAttached: false, quietSince: null, mood: null },
  }
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
