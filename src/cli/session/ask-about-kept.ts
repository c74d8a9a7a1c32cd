// Which session a person means, where a sandbox has some that go on.

import { listKept } from '../../engine/session/kept-session.js'
import type { Engine } from '../../model/engine.js'
import type { ListedContainer } from '../../model/live.js'
import type { KeptSession } from '../../model/session.js'
import { escapeControls } from '../../ui/characters.js'
import { keptText } from '../../ui/session-text.js'
import { answer, choose, offersText } from '../call/ask.js'
import type { Invocation } from '../call/invocation.js'

/** To be said where a person wants none of what is offered, or has hit another key. */
export const nothingDone = 'Nothing was done.'

/** `new` also where none runs; null for nothing at all. */
export async function askAboutKept(
  invocation: Invocation,
  engine: Engine,
  container: Pick<ListedContainer, 'id' | 'sandbox'>,
): Promise<KeptSession | 'new' | null> {
  // A look from outside costs less than a command inside.
  if ((await engine.sessions(container.id)).every(({ id }) => id === undefined)) return 'new'
  const running = await runningKept(invocation, engine, container.id)
  const [first, ...others] = running
  if (first === undefined) return 'new'
  const name = escapeControls(container.sandbox.displayName)
  if (others.length === 0) {
    const question = `Session ${first.id} of ${name} is open: ${keptText(first, new Date())}.`
    const choices = [
      { key: 'a', text: 'attach to it' },
      { key: 's', text: 'start a second' },
    ] as const
    const key = await choose(invocation, question, choices, 'nothing')
    return key === 'a' ? first : key === 's' ? 'new' : null
  }
  return chooseKept(invocation, name, running, { key: 's', text: 'start another' })
}

/** One of several, by its number; `new` for that of `other`, null for nothing. */
export async function chooseKept(
  invocation: Invocation,
  name: string,
  sessions: readonly KeptSession[],
  other?: { readonly key: string; readonly text: string },
): Promise<KeptSession | 'new' | null> {
  const now = new Date()
  const lines = sessions.map((session, at) => `  ${at + 1}  ${session.id}  ${keptText(session, now)}`)
  const offers = [
    `[1-${sessions.length}] attach to it`,
    ...(other === undefined ? [] : [`[${other.key}] ${other.text}`]),
    '[N] nothing',
  ]
  const question = [
    `${sessions.length} sessions of ${escapeControls(name)} are open:`,
    ...lines,
    offersText(invocation, offers),
  ]
  const given = (await answer(invocation, question.join('\n'))).toLowerCase()
  if (given === other?.key) return 'new'
  return sessions[Number(given) - 1] ?? null
}

export async function runningKept(
  invocation: Invocation,
  engine: Engine,
  containerId: string,
): Promise<readonly KeptSession[]> {
  const all = await listKept(engine, containerId, { signal: invocation.signal })
  return all.filter(({ state }) => state === 'running')
}
