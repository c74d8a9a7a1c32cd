// Which session of a sandbox a person names.

import { fail } from '../../model/diagnostic.js'
import type { KeptSession } from '../../model/session.js'
import { keptText } from '../../ui/session-text.js'

/** By its id, or by either end of it: those of an hour begin alike. Throws `session/several` and `session/no-such`. */
export function namedSession(
  sandbox: { readonly id: string; readonly name: string },
  all: readonly KeptSession[],
  session: string,
  command: 'attach' | 'logs',
): KeptSession {
  const found = all.filter(({ id }) => session !== '' && (id.startsWith(session) || id.endsWith(session)))
  const [first, ...others] = found
  if (first === undefined) return noSuchSession(sandbox.name, all, session)
  if (others.length === 0) return first
  return severalSessions(sandbox, found, command)
}

/** `command` is what a person called, and is to call again with one of them. */
export function severalSessions(
  { id, name }: { readonly id: string; readonly name: string },
  sessions: readonly KeptSession[],
  command: 'attach' | 'logs',
): never {
  return fail('session/several', 'More than one session is meant', {
    detail: `${name} has these. Name one behind the sandbox, by its id or an end of it:`,
    table: rows(sessions),
    command: `sbx ${command} ${id} ${sessions.at(-1)?.id ?? ''}`,
  })
}

export function noSuchSession(name: string, all: readonly KeptSession[], session: string): never {
  if (all.length === 0) {
    return fail('session/no-such', 'There is no such session', {
      detail: `${name} has nothing of a session ${session}. The last twenty are kept.`,
    })
  }
  return fail('session/no-such', 'There is no such session', {
    detail: `None of ${name} begins or ends with "${session}". It has these:`,
    table: rows(all),
  })
}

function rows(sessions: readonly KeptSession[]): readonly (readonly string[])[] {
  const now = new Date()
  return sessions.map((session) => [session.id, keptText(session, now)])
}
