// What the engine saw happen to the containers of a project: who was made, from which file, in whose place, and started.

import type Docker from 'dockerode'

export type Witnessed = {
  readonly id: string
  readonly name: string
  /** The first port that its spec publishes. */
  readonly port: number
  /** Full id of the one that it takes over from; absent where it takes over from none. */
  readonly replaces?: string
  isStarted: boolean
}

/** Containers that were made since `from`, in the engine's own time, in seconds. */
export async function witness(docker: Docker, scope: string, from: number): Promise<ReadonlyMap<string, Witnessed>> {
  const filters = JSON.stringify({ label: [`dev.sbx.scope=${scope}`], type: ['container'] })
  const stream = await docker.getEvents({ since: from, until: await engineTime(docker), filters })
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  const lines = Buffer.concat(chunks).toString().split('\n')
  const made = new Map<string, Witnessed>()
  for (const line of lines.filter((text) => text !== '')) {
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
  }
  return made
}

type Event = {
  readonly Action: string
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> }
}

export async function engineTime(docker: Docker): Promise<number> {
  const { SystemTime: time } = (await docker.info()) as { readonly SystemTime: string }
  return Date.parse(time) / 1000
}
