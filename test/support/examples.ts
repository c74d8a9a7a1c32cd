// One sandbox, as `examples/` might say it, and edits of it.

import type { DesiredSandbox } from '../../src/model/desired.js'
import type { ContainerSpec, RecordSpec } from '../../src/model/spec.js'
import type { SandboxPlan, Step } from '../../src/model/plan.js'
import { applyTo } from './applying.js'
import { desiredFrom, registryAtFirst, volumesOf, webIdentity } from './arbitraries.js'
import { FakeWorld, type FakeContainer } from './fake-world.js'
import { isOwn } from './strange-world.js'

const gigabyte = 1024 ** 3

export const containerSpec: ContainerSpec = {
  template: { kind: 'image', reference: 'acme/agent:1' },
  setup: [],
  workspace: { path: '/src/web', readonly: false },
  volumes: volumesOf(webIdentity.id, 'sandbox'),
  mounts: { '/data': { source: '/a', readonly: true } },
  socket: 'none',
  credentials: 'sandbox',
  network: 'open',
  ports: {},
}

export const recordSpec: RecordSpec = {
  agent: { name: 'claude', args: [], autonomy: 'full' },
  env: {
    LOG_LEVEL: { from: 'file', value: 'info' },
    GH_TOKEN: { from: 'host', text: '${env:GH_TOKEN}', digest: 'digest-1' },
  },
  envFile: { '/src/web/.env': { optional: false, values: { A: 'digest-a' } } },
  secrets: { STRIPE: { env: 'STRIPE', digest: 'digest-s' } },
  git: { name: 'Ada', email: 'ada@example.com' },
  resources: { cpus: 2, memory: 4 * gigabyte, pids: 4096 },
  grants: {},
  flags: {},
  digestKey: 'key-1',
}

export type Edit = {
  readonly container?: Partial<ContainerSpec>
  readonly record?: Partial<RecordSpec>
  readonly prepare?: DesiredSandbox['prepare']
}

/** Volumes follow from credentials and the workspace, unless said otherwise. */
export function file(edit: Edit = {}): DesiredSandbox {
  const container = { ...containerSpec, ...edit.container }
  const { credentials, workspace, own } = container
  const isClone = workspace.mode === 'clone'
  const volumes =
    edit.container?.volumes ?? volumesOf(webIdentity.id, credentials, { path: workspace.path, own, isClone })
  return desiredFrom(
    webIdentity,
    { ...container, volumes },
    { ...recordSpec, ...edit.record },
    {
      ...(edit.prepare === undefined ? {} : { prepare: edit.prepare }),
    },
  )
}

export function emptyWorld(): FakeWorld {
  const world = new FakeWorld()
  for (const [reference, id] of registryAtFirst) world.registry.set(reference, id)
  world.remakeFolder(webIdentity.workspace, '1:1:1')
  return world
}

/** In which the example runs. */
export async function appliedWorld(): Promise<{ readonly world: FakeWorld; readonly container: FakeContainer }> {
  const world = emptyWorld()
  const { error } = await applyTo(world, file())
  if (error !== null) throw new Error('the example cannot be applied', { cause: error })
  return { world, container: ownContainer(world) }
}

export function ownContainer(world: FakeWorld): FakeContainer {
  const [container] = [...world.containers.values()].filter(isOwn)
  if (container === undefined) throw new Error('no container')
  return container
}

/** The steps as text, with what they are of in place of ids. */
export function stepsText(plan: SandboxPlan): string[] {
  const target = (step: Step): string => {
    if (!('target' in step)) return ''
    if ('made' in step.target) return ' the new'
    return step.target.id === plan.current?.containerId ? ' the old' : ' another'
  }
  return plan.steps.map((step) => `${step.do}${target(step)}`)
}
