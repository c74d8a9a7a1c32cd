// What is done to a sandbox while something goes wrong, and what must be so afterwards.

import { call } from './call.js'
import { pause } from './pause.js'
import { clear, damage, leaveOwnFile, mark, running, see, type Seen } from './sandbox.js'
import type { Stage } from './stage.js'

export type Scenario = {
  readonly name: string
  readonly args: readonly string[]
  /** Brings the stage to where the call begins; `round` counts up. */
  prepare(stage: Stage, round: number): Promise<void>
  /** Whether the home is there before, with files in it. */
  readonly hasHome: boolean
  /** Whether the container has a file of its own, which the call is to bring into the next. */
  readonly hasOwnFile?: boolean
  /** What else is wrong in the end, a line each. */
  readonly check?: (stage: Stage) => Promise<readonly string[]>
  /** What shall be in the end. */
  readonly end: 'runs' | 'stopped' | 'gone'
}

export const apply = ['apply', '--yes', '--discard', '--allow-widen']
const applyKeeping = ['apply', '--yes', '--keep', '--allow-widen']

type Difference = {
  readonly memory?: number
  readonly place?: 0 | 1
  readonly image?: string
  /** What network there is costs an engine most of a start, and is no matter of every change. */
  readonly network?: 'open' | 'none'
  /** Of a network that is limited to them. */
  readonly allow?: readonly string[]
}

/** One round differs from the next in what an update can change, or in what it cannot. */
export async function write(stage: Stage, wanted: Difference): Promise<void> {
  const { project, images, hasNetwork } = stage
  const { memory = 300, place, image = images[0], allow, network = 'none' } = wanted
  const isOpen = hasNetwork && network === 'open'
  stage.allowed = allow ?? null
  const placed = isOpen ? `ports: ["${3000 + (place ?? 0)}"]\n` : `mounts: [{ source: ., target: /m${place ?? 0} }]\n`
  await project.write(
    `agent: shell\ntemplate: ${image}\nname: web\nenv: { ROUND: "${memory}" }\nresources: { memory: ${memory}m }\n` +
      `network: ${allow === undefined ? (isOpen ? 'open' : 'none') : `{ allow: ${JSON.stringify(allow)} }`}\n${place === undefined ? '' : placed}`,
  )
}

/** Of two, the one that this round is in. */
export function turn(round: number): 0 | 1 {
  return round % 2 === 0 ? 0 : 1
}

export async function applied({ project }: Stage): Promise<void> {
  const { exitCode, stdout, stderr } = await call(project, apply)
  if (exitCode !== 0) throw new Error(`apply exited ${String(exitCode)}\n${stdout}\n${stderr}`)
}

export async function first(stage: Stage, wanted: Difference = {}): Promise<Seen> {
  const seen = await see(stage.project)
  if (seen.containers.length > 0) return seen
  const isNew = seen.homes.length === 0
  await write(stage, wanted)
  await applied(stage)
  if (isNew) await mark(stage.project)
  return see(stage.project)
}

export const scenarios: readonly Scenario[] = [
  {
    name: 'create',
    args: apply,
    hasHome: true,
    async prepare(stage) {
      if ((await see(stage.project)).homes.length === 0) await first(stage)
      await write(stage, { network: 'open' })
      await clear(stage.project, 'but-home')
    },
    end: 'runs',
  },
  {
    name: 'first create',
    args: apply,
    hasHome: false,
    async prepare(stage) {
      await write(stage, { network: 'open' })
      await clear(stage.project, 'but-images')
    },
    end: 'runs',
  },
  {
    name: 'update',
    args: apply,
    hasHome: true,
    async prepare(stage, round) {
      await first(stage)
      await write(stage, { memory: 301 + turn(round) })
    },
    end: 'runs',
  },
  {
    name: 'recreate',
    args: apply,
    hasHome: true,
    async prepare(stage, round) {
      await first(stage, { network: 'open' })
      await write(stage, { memory: 300 + turn(round), place: turn(round), network: 'open' })
    },
    end: 'runs',
  },
  {
    name: 'recreate of a paused one',
    args: apply,
    hasHome: true,
    async prepare(stage, round) {
      const ids = running(await first(stage))
      await Promise.all(ids.map((id) => pause(stage.project.docker.getContainer(id))))
      await write(stage, { place: turn(round) })
    },
    end: 'runs',
  },
  {
    name: 'recreate with a snapshot',
    args: applyKeeping,
    hasHome: true,
    hasOwnFile: true,
    async prepare(stage, round) {
      await first(stage)
      await leaveOwnFile(stage.project)
      await write(stage, { place: turn(round) })
    },
    end: 'runs',
  },
  {
    name: 'recreate with copied files',
    args: applyKeeping,
    hasHome: true,
    hasOwnFile: true,
    async prepare(stage, round) {
      await first(stage)
      await leaveOwnFile(stage.project)
      await write(stage, { image: stage.images[turn(round + 1)] })
    },
    end: 'runs',
  },
  {
    name: 'start',
    args: apply,
    hasHome: true,
    async prepare(stage) {
      const ids = running(await first(stage))
      await Promise.all(ids.map((id) => stage.project.docker.getContainer(id).kill()))
    },
    end: 'runs',
  },
  {
    name: 'stop',
    args: ['stop'],
    hasHome: true,
    async prepare(stage) {
      await first(stage)
      await applied(stage)
    },
    end: 'stopped',
  },
  {
    name: 'removal',
    args: ['rm', '--force'],
    hasHome: true,
    async prepare(stage) {
      await first(stage, { network: 'open' })
      await applied(stage)
      const lost = await damage(stage.project)
      if (lost !== null) throw new Error(lost)
    },
    end: 'gone',
  },
]
