// Random walks on the real engine: edits, hands, crashes, power cuts, folders that are made anew, objects that are deleted,
// and applies between them. After each apply that nothing disturbs there is nothing left to be done.

import { chown, cp, mkdir, rename, rm, stat } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Project } from '../e2e/support/project.js'
import { call } from './support/call.js'
import { startFaultyProxy, type CallName, type FaultyProxy } from './support/faulty-proxy.js'
import { tell } from './support/results.js'
import { damage, mark, running, see } from './support/sandbox.js'

const seeds = [1, 2, 3]
const recreations = Number(process.env['SBX_FAULTS_RECREATIONS'] ?? 300)

let project: Project
let proxy: FaultyProxy
beforeEach(async () => {
  project = await Project.create()
  proxy = await startFaultyProxy(project.beside('faulty.sock'))
})
afterEach(async () => {
  await proxy.close()
  await project.remove()
})

const apply = ['apply', '--yes', '--discard', '--allow-widen']

test.each(seeds)('walk %i', async (seed) => {
  const walk = new Walk(project, proxy, dice(seed))
  const wanted = Math.ceil(recreations / seeds.length)
  await walk.edit()
  await walk.apply()
  await mark(project)
  while (walk.recreations < wanted) {
    await walk.event()
    await walk.apply()
  }
  tell('walks', `walk ${seed}`, { seed, recreations: walk.recreations })
})

type Dice = <Value>(values: readonly [Value, ...Value[]]) => Value

/** The same throws each time (mulberry32). */
function dice(seed: number): Dice {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
  return (values) => values[Math.floor(next() * values.length)] ?? values[0]
}

class Walk {
  recreations = 0
  readonly #project: Project
  readonly #proxy: FaultyProxy
  readonly #dice: Dice
  readonly #log: string[] = []
  #file = ''

  constructor(made: Project, through: FaultyProxy, thrown: Dice) {
    this.#project = made
    this.#proxy = through
    this.#dice = thrown
  }

  async event(): Promise<void> {
    const events = [
      ...(['edit', 'edit', 'edit', 'edit', 'crash', 'crash', 'recreate'] as const),
      ...(['tamper', 'powerOff', 'newFolder', 'remove'] as const),
    ] as const
    const event = this.#dice(events)
    this.#log.push(event)
    await this[event]()
  }

  async edit(): Promise<void> {
    const port = this.#dice(['3000', '4000', '5000'])
    const network = this.#dice(['open', 'open', 'none'])
    const memory = this.#dice(['300m', '400m'])
    const mount = this.#dice(['', '', 'mounts: [{ source: ., target: /data, readonly: true }]\n'])
    this.#file = `agent: shell\nname: web\nnetwork: ${network}\nports: ["${port}"]\nresources: { memory: ${memory} }\nenv: { COLOUR: ${this.#dice(['red', 'blue'])} }\n${mount}`
    await this.#project.write(this.#file)
  }

  /** An engine that is gone from some call on is to the engine what a killed sbx is. */
  async crash(): Promise<void> {
    await this.edit()
    const at: readonly [CallName, ...CallName[]] = [
      ...(['POST /volumes/create #1', 'GET /volumes/RECORD #1', 'POST /containers/create #1'] as const),
      ...(['PUT /containers/ID/archive #1', 'GET /containers/json #2', 'POST /containers/ID/stop #1'] as const),
      ...(['POST /containers/ID/start #1', 'HEAD /containers/ID/archive #1', 'DELETE /containers/ID #1'] as const),
    ]
    this.#proxy.arm({ at: this.#dice(at), fault: this.#dice(['down-before', 'down-after']) })
    await call(this.#project, apply, { DOCKER_HOST: this.#proxy.endpoint })
  }

  async recreate(): Promise<void> {
    const { exitCode, stderr } = await call(this.#project, [...apply, '--recreate'])
    if (exitCode !== 0) this.#fail(`recreate exited ${exitCode}\n${stderr}`)
    this.recreations += 1
  }

  async tamper(): Promise<void> {
    const { docker, scope } = this.#project
    const container = docker.getContainer((await this.#project.container()).Id)
    switch (this.#dice(['limits', 'pause', 'disconnect', 'stop'])) {
      case 'limits':
        return void (await container.update({ PidsLimit: 77 }))
      case 'pause':
        return void (await container.pause())
      case 'stop':
        return void (await container.stop({ t: 0 }))
      case 'disconnect': {
        const networks = await docker.listNetworks({ filters: { label: [`dev.sbx.scope=${scope}`] } })
        const { NetworkSettings: settings } = await container.inspect()
        const on = networks.filter(({ Name }) => Name in settings.Networks)
        await Promise.all(on.map(({ Id }) => docker.getNetwork(Id).disconnect({ Container: container.id })))
      }
    }
  }

  async powerOff(): Promise<void> {
    const containers = (await this.#project.containers()).filter(({ State }) => State === 'running')
    await Promise.all(containers.map(({ Id }) => this.#project.docker.getContainer(Id).kill()))
  }

  /** Deleted and made again under its path, as a new clone is. */
  async newFolder(): Promise<void> {
    const { folder } = this.#project
    const old = this.#project.beside('old')
    await rename(folder, old)
    await mkdir(folder)
    await cp(old, folder, { recursive: true })
    // Another owner would be another `agent`, to whom the home is given.
    const { uid, gid } = await stat(old)
    await chown(folder, uid, gid)
    await rm(old, { recursive: true })
  }

  /** By hand: the container, or its record. */
  async remove(): Promise<void> {
    const { docker } = this.#project
    const { containers, records } = await see(this.#project)
    if (this.#dice(['container', 'record']) === 'record') {
      await Promise.all(records.map((name) => docker.getVolume(name).remove()))
    } else {
      await Promise.all(containers.map(({ id }) => docker.getContainer(id).remove({ force: true, v: true })))
    }
  }

  /** And see that all is well. */
  async apply(): Promise<void> {
    const before = await see(this.#project)
    const ran = await call(this.#project, apply)
    if (ran.exitCode !== 0) this.#fail(`apply exited ${ran.exitCode}\n${ran.stderr}`)
    const planned = await call(this.#project, ['plan', '--detailed-exitcode'])
    if (planned.exitCode !== 0) this.#fail(`the second plan is not empty\n${planned.stdout}${planned.stderr}`)
    const after = await see(this.#project)
    const [one, ...others] = running(after)
    if (one === undefined || others.length > 0 || after.containers.length > 1 || after.records.length !== 1) {
      this.#fail(`what is left: ${JSON.stringify(after)}`)
    }
    if (before.containers.length > 0 && !before.containers.some(({ id }) => id === one)) this.recreations += 1
    const lost = this.#log.length === 0 ? null : await damage(this.#project)
    if (lost !== null) this.#fail(lost)
  }

  #fail(problem: string): never {
    expect.fail(`after ${this.#log.slice(-6).join(', ')} with\n${this.#file}\n${problem}`)
  }
}
