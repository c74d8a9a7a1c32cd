// Several sandboxes that are watched at once: the engine tells of each by itself, every second, and is asked again and again
// which there are and what is open in them.

import type { Engine } from '../../model/engine.js'
import { hasCode } from '../../model/diagnostic.js'
import type { ListedContainer } from '../../model/live.js'
import type { Usage, Watched } from '../../model/watching.js'
import { isRunning } from '../../plan/in-use.js'

type Row = {
  container: ListedContainer
  usage: Usage | null
  sessions: number | null
  readonly stop: AbortController
}

export class Watch {
  readonly #engine: Engine
  readonly #signal: AbortSignal
  readonly #choose: () => Promise<readonly ListedContainer[]>
  /** By container, in the order in which they are shown. */
  #rows = new Map<string, Row>()
  #failure: { readonly error: unknown } | undefined

  /** `choose` gives those to be watched as they are now. */
  constructor(engine: Engine, signal: AbortSignal, choose: () => Promise<readonly ListedContainer[]>) {
    this.#engine = engine
    this.#signal = signal
    this.#choose = choose
    signal.addEventListener('abort', this.end, { once: true })
  }

  /** Throws what a connection that told of one of them has thrown. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  rows(): readonly Watched[] {
    return [...this.#rows.values()].map(({ container, usage, sessions }) => ({
      id: container.sandbox.id,
      name: container.sandbox.displayName,
      state: container.state,
      usage: isRunning(container) ? usage : null,
      sessions: isRunning(container) ? sessions : null,
    }))
  }

  async refresh(): Promise<void> {
    await this.take(await this.#choose())
  }

  /** From now on these. */
  async take(containers: readonly ListedContainer[]): Promise<void> {
    const before = this.#rows
    this.#rows = new Map(
      containers.map((container) => [container.id, before.get(container.id) ?? this.#follow(container)] as const),
    )
    for (const [id, row] of before) if (!this.#rows.has(id)) row.stop.abort()
    await Promise.all(
      containers.map(async (container) => {
        const row = this.#rows.get(container.id)
        if (row === undefined) return
        row.container = container
        row.sessions = isRunning(container) ? await openCount(this.#engine, container.id) : null
      }),
    )
  }

  readonly end = (): void => {
    for (const { stop } of this.#rows.values()) stop.abort()
  }

  #follow(container: ListedContainer): Row {
    const row: Row = { container, usage: null, sessions: null, stop: new AbortController() }
    if (this.#signal.aborted) return row
    this.#read(row).catch((error: unknown) => {
      this.#failure ??= { error }
    })
    return row
  }

  async #read(row: Row): Promise<void> {
    const { signal } = row.stop
    for await (const usage of this.#engine.usage(row.container.id, { follow: true, signal })) row.usage = usage
    if (!signal.aborted) row.usage = null
  }
}

/** Null for a container that is about to go. */
export async function openCount(engine: Engine, containerId: string): Promise<number | null> {
  try {
    return (await engine.sessions(containerId)).length
  } catch (error) {
    if (hasCode(error, 'engine/gone', 'engine/no-container', 'engine/conflict')) return null
    throw error
  }
}
