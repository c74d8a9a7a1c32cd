// What the engine saw happen to the containers of a project: who was made, from which file, in whose place, and started.

import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type Docker from 'dockerode'
import { until } from '../../e2e/support/until.js'

export type Witnessed = {
  readonly id: string
  readonly name: string
  /** The first port that its spec publishes. */
  readonly port: number
  /** Full id of the one that it takes over from; absent where it takes over from none. */
  readonly replaces?: string
  isStarted: boolean
}

export type Witness = {
  /** By full id, once all that led to the start of this container has been seen. */
  madeUpTo(id: string): Promise<ReadonlyMap<string, Witnessed>>
  close(): void
}

/** From now on: an engine keeps no more than the last few hundred events of all that it does. */
export async function startWitness(docker: Docker, scope: string): Promise<Witness> {
  const filters = JSON.stringify({ label: [`dev.sbx.scope=${scope}`], type: ['container'] })
  const stream = (await docker.getEvents({ filters })) as Readable
  const made = new Map<string, Witnessed>()
  createInterface({ input: stream }).on('line', (line) => {
    const { Action: action, Actor: actor } = JSON.parse(line) as Event
    const { name = '', 'dev.sbx.spec': spec = '', 'dev.sbx.replaces': replaces } = actor.Attributes
    if (action === 'create') {
      const port = Number(/"ports":\{"(\d+)/.exec(spec)?.[1])
      made.set(actor.ID, {
        id: actor.ID,
        name,
        port,
        isStarted: false,
        ...(replaces === undefined ? {} : { replaces }),
      })
    }
    const known = made.get(actor.ID)
    if (action === 'start' && known !== undefined) known.isStarted = true
  })
  return {
    async madeUpTo(id) {
      await until(
        async () => made.get(id)?.isStarted === true,
        () => `${id} was never seen to start`,
      )
      return made
    },
    close: () => void stream.destroy(),
  }
}

type Event = {
  readonly Action: string
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> }
}
