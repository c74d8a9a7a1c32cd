// `sbx logs`: what a session wrote to its terminal, also of one that is over and of a sandbox that is stopped.

import { Writable } from 'node:stream'
import { followKept, isKeptId, keptOf, readKeptLog } from '../../engine/session/kept-log.js'
import { listKept } from '../../engine/session/kept-session.js'
import { fail } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { ListedContainer } from '../../model/live.js'
import { readHost } from '../../resolve/host.js'
import { logLineJson } from '../../ui/logs-json.js'
import { TerminalText } from '../../ui/terminal-text.js'
import { withEngine } from '../call/connect.js'
import { type Invocation, printJsonLine, printRendered } from '../call/invocation.js'
import { namedSession, noSuchSession } from './named-session.js'
import type { LogsOptions } from '../call/options.js'
import { selectSandbox } from '../declared/select.js'
import { tellUnseenEnds } from './unseen-ends.js'
import { untilAborted } from '../call/until-aborted.js'
import { whileRead } from '../call/while-read.js'

export async function logs(
  invocation: Invocation,
  name: string | undefined,
  session: string | undefined,
  options: LogsOptions,
): Promise<number> {
  const host = await readHost(invocation.env)
  return withEngine(invocation, host, async (engine) => {
    const { container } = await selectSandbox(invocation, host, await engine.list(), name)
    await tellLog(invocation, engine, container, session, options)
    await tellUnseenEnds(invocation, engine, host, { sandboxId: container.sandbox.id, spec: container.spec, container })
    return 0
  })
}

/** Of one that is over, or whose sandbox does not run, there is nothing to follow. Throws `session/no-such` and its like. */
export async function tellLog(
  invocation: Invocation,
  engine: Pick<Engine, 'run' | 'pipe' | 'readArchive'>,
  container: Pick<ListedContainer, 'id' | 'state' | 'sandbox'>,
  session: string | undefined,
  { follow = false, raw = false }: LogsOptions,
): Promise<void> {
  const read: Pick<Engine, 'run' | 'readArchive'> = {
    run: (...call) => engine.run(...call),
    readArchive: (...call) => untilAborted(engine.readArchive(...call), invocation.signal),
  }
  const id = await chosenId(invocation, read, container, session)
  const { displayName } = container.sandbox
  const log = (await readKeptLog(read, container.id, id)) ?? noSuchSession(displayName, [], id)
  if (follow && container.state === 'running') await followLog(whileRead(invocation), engine, container.id, id, raw)
  else if (raw) invocation.output.write(log)
  else {
    const text = new TerminalText()
    text.write(log)
    const lines = text.lines()
    if (invocation.options.json === true) lines.forEach((line) => printJsonLine(invocation, logLineJson(id, line)))
    else printRendered(invocation, lines)
  }
}

/** The newest where none is named. */
async function chosenId(
  { signal }: Invocation,
  engine: Pick<Engine, 'run' | 'readArchive'>,
  { id, state, sandbox }: Pick<ListedContainer, 'id' | 'state' | 'sandbox'>,
  session: string | undefined,
): Promise<string> {
  if (session !== undefined && isKeptId(session)) return session
  const all = state === 'running' ? await listKept(engine, id, { signal }) : await keptOf(engine, id)
  const of = { id: sandbox.id, name: sandbox.displayName }
  if (session !== undefined) return namedSession(of, all, session, 'logs').id
  // By name, which is by age.
  return (
    all
      .map((kept) => kept.id)
      .sort()
      .at(-1) ?? noLog(of.name)
  )
}

/** Until the session ends, or a person has seen enough. */
async function followLog(
  invocation: Invocation,
  engine: Pick<Engine, 'pipe'>,
  containerId: string,
  id: string,
  isRaw: boolean,
): Promise<void> {
  const text = new TerminalText((line) => {
    if (invocation.options.json === true) printJsonLine(invocation, logLineJson(id, line))
    else printRendered(invocation, [line])
  })
  const output = new Writable({
    write(piece: Buffer, _, done) {
      if (isRaw) return void invocation.output.write(piece, done)
      text.write(piece)
      // No faster than whoever reads it.
      invocation.output.write('', done)
    },
  })
  try {
    await engine.pipe(containerId, followKept(id), { output }, invocation.signal)
  } catch (error) {
    if (!invocation.signal.aborted) throw error
  }
  text.end()
}

function noLog(sandbox: string): never {
  return fail('session/no-log', 'There is no session to tell of', {
    detail: `${sandbox} has had none that goes on without a terminal, and of others nothing is kept. To begin one:`,
    command: 'sbx run -d',
  })
}
