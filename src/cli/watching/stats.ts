// What sandboxes use: once, or for as long as somebody looks.

import type { Engine } from '../../model/engine.js'
import type { ListedContainer } from '../../model/live.js'
import type { Watched } from '../../model/watching.js'
import { isRunning } from '../../plan/in-use.js'
import { type Host, readHost } from '../../resolve/host.js'
import { statsJson } from '../../ui/stats-json.js'
import { statsText } from '../../ui/stats-text.js'
import { withEngine } from '../call/connect.js'
import { type Invocation, printJson, printRendered } from '../call/invocation.js'
import { openCount, Watch } from './watch.js'
import type { StatsOptions } from '../call/options.js'
import { sandboxesOf } from '../declared/sandboxes.js'
import { selectSandboxes } from '../declared/select.js'
import { styleOf } from '../call/style.js'
import { whileRead } from '../call/while-read.js'

export async function stats(
  invocation: Invocation,
  names: readonly string[],
  { stream = true }: StatsOptions,
): Promise<number> {
  const host = await readHost(invocation.env)
  return withEngine(invocation, host, async (engine) => {
    const choose = (): Promise<readonly ListedContainer[]> => chosen(invocation, host, engine, names)
    const first = await choose()
    if (stream) {
      const { showLive } = await import('./stats-live.js')
      const watching = whileRead(invocation)
      await showLive(watching, new Watch(engine, watching.signal, choose), first)
      return 0
    }
    const sandboxes = await Promise.all(first.map((container) => lookOnce(engine, container, invocation.signal)))
    if (invocation.options.json === true) printJson(invocation, statsJson(sandboxes))
    else printRendered(invocation, statsText(sandboxes, styleOf(invocation, invocation.output)))
    return 0
  })
}

/** Those that are named, in whatever state; without names all that run. */
async function chosen(
  invocation: Invocation,
  host: Host,
  engine: Engine,
  names: readonly string[],
): Promise<readonly ListedContainer[]> {
  const listed = await engine.list()
  if (names.length === 0) return sandboxesOf(listed).filter(isRunning)
  return (await selectSandboxes(invocation, host, listed, names)).map(({ container }) => container)
}

async function lookOnce(engine: Engine, container: ListedContainer, signal: AbortSignal): Promise<Watched> {
  const { id, state, sandbox } = container
  const watched = { id: sandbox.id, name: sandbox.displayName, state }
  if (!isRunning(container)) return { ...watched, usage: null, sessions: null }
  const [sessions, usage] = await Promise.all([
    openCount(engine, id),
    firstOf(engine.usage(id, { follow: false, signal })),
  ])
  return { ...watched, usage, sessions }
}

async function firstOf<Value>(values: AsyncIterable<Value>): Promise<Value | null> {
  for await (const value of values) return value
  return null
}
