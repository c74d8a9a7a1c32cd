// The same of sandboxes whose network is limited.

import { clear, damage, see } from './sandbox.js'
import { applied, apply, first, turn, write, type Scenario } from './scenarios.js'

const one = ['one.example.com']
const two = ['one.example.com', 'two.example.com']

export const limitedScenarios: readonly Scenario[] = [
  {
    name: 'first create of a limited one',
    args: apply,
    hasHome: false,
    async prepare(stage) {
      await write(stage, { allow: one })
      await clear(stage.project, 'but-images')
    },
    end: 'runs',
  },
  {
    name: 'another list of hosts',
    args: apply,
    hasHome: true,
    async prepare(stage, round) {
      await first(stage, { allow: two })
      await write(stage, { allow: turn(round) === 0 ? one : two })
    },
    end: 'runs',
  },
  {
    name: 'from open to limited',
    args: apply,
    hasHome: true,
    async prepare(stage) {
      await first(stage, { network: 'open' })
      await write(stage, { network: 'open' })
      await applied(stage)
      await write(stage, { allow: one })
    },
    end: 'runs',
  },
  {
    name: 'from limited to open',
    args: apply,
    hasHome: true,
    async prepare(stage) {
      await first(stage, { allow: one })
      await write(stage, { allow: one })
      await applied(stage)
      await write(stage, { network: 'open' })
    },
    end: 'runs',
  },
  {
    name: 'start of a limited one',
    args: apply,
    hasHome: true,
    async prepare(stage) {
      await first(stage, { allow: one })
      const { containers, proxies } = await see(stage.project)
      const at = [...containers, ...proxies].filter(({ state }) => state === 'running')
      await Promise.all(at.map(({ id }) => stage.project.docker.getContainer(id).kill()))
    },
    end: 'runs',
  },
  {
    name: 'removal of a limited one',
    args: ['rm', '--force'],
    hasHome: true,
    async prepare(stage) {
      await first(stage, { allow: one })
      await applied(stage)
      const lost = await damage(stage.project)
      if (lost !== null) throw new Error(lost)
    },
    end: 'gone',
  },
]
