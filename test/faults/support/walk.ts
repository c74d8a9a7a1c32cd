// One walk: what can befall a sandbox, thrown for with dice that fall the same each time, and an apply after each of it.

import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Project } from '../../e2e/support/project.js'
import { call } from './call.js'
import { dice, type Dice } from './dice.js'
import type { CallName } from './faulty-proxy.js'
import { pause } from './pause.js'
import { copyFolder, placed } from './places.js'
import { damage, mark, removeByHand, running, see } from './sandbox.js'
import { apply } from './scenarios.js'
import type { Stage } from './stage.js'

const events = [
  ...(['edit', 'edit', 'edit', 'edit', 'crash', 'crash', 'recreate'] as const),
  ...(['tamper', 'powerOff', 'remake', 'remove', 'move', 'copy', 'deleteFolder', 'deleteFile'] as const),
] as const

/** Calls of an apply and of an adopt at which an engine may be gone. */
const crashing: readonly [CallName, ...CallName[]] = [
  ...(['POST /volumes/create #1', 'GET /volumes/RECORD #1', 'POST /containers/create #1'] as const),
  ...(['PUT /containers/ID/archive #1', 'GET /containers/json #2', 'POST /containers/ID/stop #1'] as const),
  ...(['POST /containers/ID/start #1', 'HEAD /containers/ID/archive #1', 'DELETE /containers/ID #1'] as const),
]

export class Walk {
  recreations = 0
  /** Second plans that had nothing to do, which all of them have. */
  emptyPlans = 0
  readonly #seed: number
  readonly #stage: Stage
  readonly #dice: Dice
  readonly #log: string[] = []
  #file = ''
  /** The project, its workspace where that is now. */
  #project: Project
  #places = 0

  constructor(stage: Stage, seed: number) {
    this.#seed = seed
    this.#stage = stage
    this.#project = stage.project
    this.#dice = dice(seed)
  }

  async begin(): Promise<void> {
    await this.edit()
    await this.#apply()
    await mark(this.#project)
  }

  async go(): Promise<void> {
    const event = this.#dice(events)
    this.#log.push(event)
    await this[event]()
    await this.#apply()
  }

  /** How often each has befallen it. */
  counts(): Readonly<Record<string, number>> {
    const names = [...new Set<string>(events)].sort()
    return Object.fromEntries(names.map((name) => [name, this.#log.filter((each) => each === name).length]))
  }

  async edit(): Promise<void> {
    const port = this.#dice(['3000', '4000', '5000'])
    const network = this.#dice(['open', 'none'])
    const memory = this.#dice(['300m', '400m'])
    const image = this.#dice(this.#stage.images)
    const mount = this.#dice(['', '', 'mounts: [{ source: ., target: /data, readonly: true }]\n'])
    this.#file = `agent: shell\ntemplate: ${image}\nname: web\nnetwork: ${network}\nports: ["${port}"]\nresources: { memory: ${memory} }\nenv: { COLOUR: ${this.#dice(['red', 'blue'])} }\n${mount}`
    await this.#project.write(this.#file)
  }

  /** An engine that is gone from some call on is to the engine what a killed sbx is. */
  async crash(): Promise<void> {
    await this.edit()
    await call(this.#project, apply, this.#failing())
  }

  /** The environment of a call whose engine goes at one of its calls. */
  #failing(): Readonly<Record<string, string>> {
    const { proxy } = this.#stage
    proxy.arm({ at: this.#dice(crashing), fault: this.#dice(['down-before', 'down-after']) })
    return { DOCKER_HOST: proxy.endpoint }
  }

  async recreate(): Promise<void> {
    await this.#ok([...apply, '--recreate'])
    this.recreations += 1
  }

  async tamper(): Promise<void> {
    const { docker, scope } = this.#project
    const container = docker.getContainer((await this.#project.container()).Id)
    switch (this.#dice(['limits', 'pause', 'disconnect', 'stop'])) {
      case 'limits':
        return void (await container.update({ PidsLimit: 77 }))
      case 'pause':
        return pause(container)
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

  /** By hand: the container, or its record. */
  async remove(): Promise<void> {
    const { containers, records } = await see(this.#project)
    if (this.#dice(['container', 'record']) === 'record') {
      await Promise.all(records.map((name) => this.#project.docker.getVolume(name).remove()))
    } else {
      await removeByHand(
        this.#project,
        containers.map(({ id }) => id),
      )
    }
  }

  /** Deleted and made again under its path, as a new clone is. */
  async remake(): Promise<void> {
    const { folder } = this.#project
    const old = this.#nextPlace()
    await rename(folder, old)
    await copyFolder(old, folder)
    await rm(old, { recursive: true })
  }

  /** And then, its sandbox follows, or it goes back. */
  async move(): Promise<void> {
    const [before, to] = [this.#project, this.#nextPlace()]
    const adopt = ['adopt', '--yes', '--force']
    await rename(before.folder, to)
    this.#project = placed(before, to)
    await this.#expectPlan(/is the sandbox of this folder from when it was[^]*sbx adopt/)
    if (this.#dice(['stay', 'back']) === 'back') {
      await rename(to, before.folder)
      this.#project = before
      return
    }
    // A process of its own: what a copy is made with is left for as long as whoever copies is there.
    if (this.#dice(['crash', 'well']) === 'crash') await this.#project.sbx(adopt, { env: this.#failing() })
    // What was adopted to the end is known to nobody any more.
    const isDone = (await see(this.#project)).containers.length === 0
    if (!isDone) await this.#ok(adopt)
  }

  /** And then, the copy gets a sandbox of its own for a while, or takes the place of the one that it was copied from. */
  async copy(): Promise<void> {
    const [before, to] = [this.#project, this.#nextPlace()]
    const { containers } = await see(before)
    await copyFolder(before.folder, to)
    const copy = placed(before, to)
    if (this.#dice(['beside', 'instead']) === 'instead') {
      const { 'dev.sbx.sandbox': id = '' } = (await before.container()).Config.Labels
      await rm(before.folder, { recursive: true })
      this.#project = copy
      await this.#expectPlan(/is an orphan[^]*sbx adopt/)
      return this.#ok(['adopt', '--yes', '--force', id])
    }
    this.#project = copy
    await this.#ok(apply)
    const both = await see(copy)
    const others = both.containers.filter(({ id }) => !containers.some((each) => each.id === id))
    if (others.length !== 1 || both.containers.length !== 2) this.#fail(`two folders have ${JSON.stringify(both)}`)
    await this.#ok(['rm', '--force', '--volumes'])
    await rm(to, { recursive: true })
    this.#project = before
  }

  /** And then, what it leaves is cleared, and it comes again. */
  async deleteFolder(): Promise<void> {
    const { folder } = this.#project
    const aside = this.#nextPlace()
    await copyFolder(folder, aside)
    await rm(folder, { recursive: true })
    this.#project = placed(this.#project, aside)
    await this.#ok(['prune', '--yes'])
    const { containers, homes } = await see(this.#project)
    if (containers.length > 0 || homes.length !== 1) this.#fail('prune left a container, or took the home')
    await copyFolder(aside, folder)
    await rm(aside, { recursive: true })
    this.#project = placed(this.#project, folder)
  }

  async deleteFile(): Promise<void> {
    await rm(join(this.#project.folder, 'sandbox.yaml'))
    const { exitCode, stderr } = await call(this.#project, ['apply', '--yes'])
    const isExplained = /This folder has (?:the )?sandbox[^]*sbx run[^]*sbx rm/.test(stderr)
    if (exitCode === 0 || !isExplained) this.#fail(`without a file it says\n${stderr}`)
    await this.edit()
  }

  /** And see that all is well. */
  async #apply(): Promise<void> {
    const before = await see(this.#project)
    await this.#ok(apply)
    const planned = await call(this.#project, ['plan', '--detailed-exitcode'])
    if (planned.exitCode !== 0) this.#fail(`the second plan is not empty\n${planned.stdout}${planned.stderr}`)
    this.emptyPlans += 1
    const after = await see(this.#project)
    const [one, ...others] = running(after)
    const lists = [after.containers, after.records, after.homes]
    if (one === undefined || others.length > 0 || lists.some(({ length }) => length !== 1)) {
      this.#fail(`what is left: ${JSON.stringify(after)}`)
    }
    if (before.containers.length > 0 && !before.containers.some(({ id }) => id === one)) this.recreations += 1
    const lost = this.#log.length === 0 ? null : await damage(this.#project)
    if (lost !== null) this.#fail(lost)
  }

  async #ok(args: readonly string[]): Promise<void> {
    const { exitCode, stderr } = await call(this.#project, args)
    if (exitCode !== 0) this.#fail(`${args.join(' ')} exited ${String(exitCode)}\n${stderr}`)
  }

  async #expectPlan(pattern: RegExp): Promise<void> {
    const { stdout, stderr } = await call(this.#project, ['plan'])
    if (!pattern.test(stdout.replaceAll(/\s+/g, ' '))) this.#fail(`the plan does not explain it\n${stdout}${stderr}`)
  }

  #nextPlace(): string {
    this.#places += 1
    return this.#stage.project.beside(`place-${this.#places}`)
  }

  #fail(problem: string): never {
    expect.fail(`seed ${this.#seed}, after ${this.#log.slice(-6).join(', ')} with\n${this.#file}\n${problem}`)
  }
}
