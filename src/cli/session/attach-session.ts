// `sbx attach`: from another terminal, or after a line that broke, back to a session that goes on.

import { listKept } from '../../engine/session/kept-session.js'
import { DiagnosticError, fail, hasCode } from '../../model/diagnostic.js'
import type { KeptSession } from '../../model/session.js'
import { shellWord } from '../../model/shell-word.js'
import { readHost } from '../../resolve/host.js'
import { keptText } from '../../ui/session-text.js'
import { chooseKept, nothingDone } from './ask-about-kept.js'
import { isAtTerminal } from './attach.js'
import { withEngine } from '../call/connect.js'
import { agentOf } from '../declared/described.js'
import { type Invocation, isInteractive, tell } from '../call/invocation.js'
import { rejoin } from './kept-run.js'
import { namedSession, severalSessions } from './named-session.js'
import { runningSandbox } from './running-sandbox.js'

/** The session's exit code where it ends here or has ended, 0 where it is left. Throws `session/none` and `session/several`. */
export async function attachToSession(
  invocation: Invocation,
  name: string | undefined,
  session: string | undefined,
): Promise<number> {
  const host = await readHost(invocation.env)
  return withEngine(invocation, host, async (engine) => {
    const { live, container, record } = await runningSandbox(invocation, host, engine, name).catch((error: unknown) => {
      throw error instanceof DiagnosticError && hasCode(error, 'cli/not-running')
        ? withWhatIsLeft(error, name, session)
        : error
    })
    const { id } = live
    const all = await listKept(engine, container.id, { signal: invocation.signal })
    const of = { id, name: container.sandbox.displayName }
    const chosen = session === undefined ? await only(invocation, of, all) : namedSession(of, all, session, 'attach')
    if (chosen === null) {
      tell(invocation, [nothingDone])
      return 0
    }
    if (chosen.state === 'running' && !isAtTerminal(invocation)) {
      fail('session/no-terminal', 'Attaching needs a terminal', {
        detail: `A session shows a whole screen and reads every key (${keptText(chosen, new Date())}).`,
      })
    }
    const agent = await agentOf(invocation, host, container, record)
    const place = { engine, containerId: container.id, sandboxId: id }
    return rejoin(invocation, place, { session: chosen, agent, containerSpec: container.spec, host })
  })
}

/** Of what went on in it nothing does any more, and no container is needed to read what it left. */
function withWhatIsLeft(
  { diagnostics, kind }: DiagnosticError,
  ...named: readonly (string | undefined)[]
): DiagnosticError {
  const words = named.flatMap((word) => (word === undefined ? [] : [shellWord(word)]))
  const left = `What its last session left can be read: \`${['sbx logs', ...words].join(' ')}\``
  return new DiagnosticError(
    diagnostics.map((each) => ({ ...each, detail: `${left}\n${each.detail ?? ''}` })),
    kind,
  )
}

type Sandbox = { readonly id: string; readonly name: string }

/** Null where a person wants none of them. */
async function only(
  invocation: Invocation,
  { id, name }: Sandbox,
  all: readonly KeptSession[],
): Promise<KeptSession | null> {
  const running = all.filter(({ state }) => state === 'running')
  const [first, ...others] = running
  if (first === undefined) return none({ id, name }, all)
  if (others.length === 0) return first
  if (isInteractive(invocation)) {
    const chosen = await chooseKept(invocation, name, running)
    return chosen === 'new' ? null : chosen
  }
  return severalSessions({ id, name }, running, 'attach')
}

function none({ id, name }: Sandbox, all: readonly KeptSession[]): never {
  const last = all.at(-1)
  if (last === undefined) {
    return fail('session/none', 'No session is open', {
      detail: `${name} has none that goes on without a terminal. To begin one:`,
      command: 'sbx run',
    })
  }
  return fail('session/none', 'No session is open', {
    detail: `The last one of ${name} is over (${keptText(last, new Date())}). To see what it left, and have its exit code:`,
    command: `sbx attach ${id} ${last.id}`,
  })
}
