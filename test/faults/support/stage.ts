// What a trial needs: a project of its own, two small images for it, and an engine between them that can go wrong. Several
// stages stand beside each other, since most of what a trial takes is waiting.

import { vi } from 'vitest'
import { tinyImage } from '../../engine/support/tiny-image.js'
import { Project, type Ran, type Running } from '../../e2e/support/project.js'
import { call } from './call.js'
import { startFaultyProxy, type CallName, type FaultyProxy } from './faulty-proxy.js'
import type { OwnEngine } from './own-engine.js'
import type { Allowed } from './reach.js'
import { tellProblems } from './results.js'
import { exactly } from './sandbox.js'
import type { Scenario } from './scenarios.js'

export class Stage {
  readonly project: Project
  readonly proxy: FaultyProxy
  /** References of two images, so that one can take the place of the other. */
  readonly images: readonly [string, string]
  /** Hosts that its file lets a sandbox reach; null where it limits no network. */
  allowed: Allowed = null
  /** Trials so far, so that each has something to do that the one before it had not. */
  #rounds = 0
  /** All that the engine had of it when the trial began. */
  #start = ''

  /** Whether its engine has networks. */
  readonly hasNetwork: boolean
  readonly #made: Project

  private constructor(made: Project, project: Project, proxy: FaultyProxy, images: readonly [string, string]) {
    this.#made = made
    this.project = project
    this.proxy = proxy
    this.images = images
    this.hasNetwork = made === project
  }

  /** On the engine of the other tests, or on one of its own, which then goes with the test. */
  static async create(engine?: OwnEngine): Promise<Stage> {
    const made = await Project.create()
    const project = engine === undefined ? made : onEngine(made, engine)
    const image = await tinyImage(project)
    const other = image.replace(/:1$/, ':2')
    await project.docker.getImage(image).tag({ repo: image.replace(/:1$/, ''), tag: '2' })
    const proxy = await startFaultyProxy(made.beside('faulty.sock'), engine?.socket)
    return new Stage(made, project, proxy, [image, other])
  }

  /** Brings a sandbox to where the scenario begins. */
  async prepare(scenario: Scenario): Promise<void> {
    await scenario.prepare(this, this.#rounds++)
    this.#start = await exactly(this.project)
  }

  /**
   * Whether nothing at all has come of what was done since. That the scenario goes well from there has been seen when it
   * was recorded, so that the next trial can begin where this one did.
   */
  async isWhereItBegan(): Promise<boolean> {
    const isThere = (await exactly(this.project)) === this.#start
    if (isThere) this.#rounds -= 1
    return isThere
  }

  /** The command line in this process, through the proxy. */
  async callThrough(args: readonly string[]): Promise<Ran> {
    return call(this.project, args, { DOCKER_HOST: this.proxy.endpoint })
  }

  /** The built command line, through the proxy. */
  startThrough(args: readonly string[]): Running {
    return this.project.start(args, { env: { DOCKER_HOST: this.proxy.endpoint } })
  }

  /** Calls of the scenario when nothing goes wrong. */
  async record(scenario: Scenario): Promise<readonly CallName[]> {
    await this.prepare(scenario)
    this.proxy.arm(null)
    const { exitCode, stderr } = await this.callThrough(scenario.args)
    if (exitCode !== 0) throw new Error(`${scenario.name} exited ${String(exitCode)} without a fault\n${stderr}`)
    return this.proxy.calls
  }

  async remove(): Promise<void> {
    await this.proxy.close()
    await this.#made.remove()
  }
}

function onEngine(project: Project, { docker, socket }: OwnEngine): Project {
  const env = { ...project.env, DOCKER_HOST: `unix://${socket}` }
  return Object.create(project, { docker: { value: docker }, env: { value: env } }) as Project
}

/** What was tried, and what was wrong after it, a line each. */
export type Outcome<Trial> = { readonly trials: readonly Trial[]; readonly problems: readonly string[] }

/** Tries all that there is to be tried of the calls of a scenario, on as many stages beside each other as `lanes` says. */
export async function tryAll<Trial>(
  scenario: Scenario,
  trialsOf: (calls: readonly CallName[]) => readonly Trial[],
  attempt: (stage: Stage, scenario: Scenario, trial: Trial) => Promise<readonly string[]>,
  lanes = 3,
): Promise<Outcome<Trial>> {
  const first = await Stage.create()
  const stages = [first]
  // What was looked at some seconds ago is looked at once more, so that a slow machine would make other calls.
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0)
  try {
    const trials = trialsOf(await first.record(scenario))
    while (stages.length < Math.min(lanes, trials.length)) stages.push(await Stage.create())
    const left = [...trials]
    const problems: string[] = []
    const work = async (stage: Stage): Promise<void> => {
      for (let trial = left.shift(); trial !== undefined; trial = left.shift()) {
        const found = await attempt(stage, scenario, trial)
        tellProblems(found)
        problems.push(...found)
      }
    }
    await Promise.all(stages.map(work))
    return { trials, problems }
  } finally {
    clock.mockRestore()
    await Promise.all(stages.map((stage) => stage.remove()))
  }
}
