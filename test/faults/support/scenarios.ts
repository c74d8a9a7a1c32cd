// What is done to a sandbox while something goes wrong, and what must be so afterwards.

import type { Project } from '../../e2e/support/project.js'
import { call } from './call.js'
import { clear, damage, leaveOwnFile, mark, see, type Seen } from './sandbox.js'

export type Scenario = {
  readonly name: string
  readonly args: readonly string[]
  /** Brings the project to where the call begins; `round` counts up. */
  prepare(project: Project, round: number): Promise<void>
  /** Whether the home is there before, with files in it. */
  readonly hasHome: boolean
  /** Whether the container has a file of its own, which the call is to bring into the next. */
  readonly hasOwnFile?: boolean
  /** What shall be in the end. */
  readonly end: 'runs' | 'stopped' | 'gone'
}

export const apply = ['apply', '--yes', '--discard', '--allow-widen']

/** All that is of one round differs from the next in what an update can change, or in what it cannot. */
const file = (memory: number, ports = ''): string =>
  `agent: shell\nname: web\nenv: { ROUND: "${memory}" }\nresources: { memory: ${memory}m }\n${ports}`

export async function applied(project: Project): Promise<void> {
  const { exitCode, stdout, stderr } = await call(project, apply)
  if (exitCode !== 0) throw new Error(`apply exited ${exitCode}\n${stdout}\n${stderr}`)
}

async function first(project: Project): Promise<Seen> {
  const seen = await see(project)
  if (seen.containers.length > 0) return seen
  const isNew = seen.homes.length === 0
  await project.write(file(300))
  await applied(project)
  if (isNew) await mark(project)
  return see(project)
}

export const scenarios: readonly Scenario[] = [
  {
    name: 'create',
    args: apply,
    hasHome: true,
    async prepare(project) {
      await first(project)
      await clear(project, 'but-home')
    },
    end: 'runs',
  },
  {
    name: 'first create',
    args: apply,
    hasHome: false,
    async prepare(project) {
      await project.write(file(300))
      await clear(project, 'all')
    },
    end: 'runs',
  },
  {
    name: 'update',
    args: apply,
    hasHome: true,
    async prepare(project, round) {
      await first(project)
      await project.write(file(301 + (round % 2)))
    },
    end: 'runs',
  },
  {
    name: 'recreate',
    args: apply,
    hasHome: true,
    async prepare(project, round) {
      await first(project)
      await project.write(file(300 + (round % 2), `ports: ["${3000 + (round % 2)}"]\n`))
    },
    end: 'runs',
  },
  {
    name: 'recreate with its own files',
    args: ['apply', '--yes', '--keep', '--allow-widen'],
    hasHome: true,
    hasOwnFile: true,
    async prepare(project, round) {
      await first(project)
      await leaveOwnFile(project)
      await project.write(file(300 + (round % 2), `ports: ["${3000 + (round % 2)}"]\n`))
    },
    end: 'runs',
  },
  {
    name: 'start',
    args: apply,
    hasHome: true,
    async prepare(project) {
      const { containers } = await first(project)
      await Promise.all(containers.map(({ id }) => project.docker.getContainer(id).kill()))
    },
    end: 'runs',
  },
  {
    name: 'stop',
    args: ['stop'],
    hasHome: true,
    async prepare(project) {
      await first(project)
      await applied(project)
    },
    end: 'stopped',
  },
  {
    name: 'removal',
    args: ['rm', '--force'],
    hasHome: true,
    async prepare(project) {
      await first(project)
      await applied(project)
      const lost = await damage(project)
      if (lost !== null) throw new Error(lost)
    },
    end: 'gone',
  },
]
