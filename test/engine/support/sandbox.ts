// A container of sbx's on a real engine, with as little said as a test cares for.

import { agentHome, containerName, homeVolumeName } from '../../../src/model/names.js'
import type { ContainerRequest } from '../../../src/model/plan.js'
import type { ContainerSpec, LimitsSpec } from '../../../src/model/spec.js'
import type { DockerSubject } from './docker.js'

export type SandboxOptions = {
  readonly id: string
  readonly image?: string
  readonly spec?: Partial<ContainerSpec>
  readonly resources?: LimitsSpec
  /** Of a clone, `uid:gid`. */
  readonly owner?: string
}

export function requestOf(subject: DockerSubject, options: SandboxOptions): ContainerRequest {
  const { id, image = subject.image, resources = { pids: 200 } } = options
  const spec: ContainerSpec = {
    template: { kind: 'image', reference: image },
    setup: [],
    workspace: { path: subject.workspace, readonly: false },
    volumes: { [agentHome]: homeVolumeName(subject.scope, id) },
    mounts: {},
    socket: 'none',
    credentials: 'none',
    network: 'none',
    ports: {},
    ...options.spec,
  }
  const workspace = spec.workspace.path
  const sandbox = { id, displayName: id, workspace, inode: '1:2:3', agent: 'shell', profile: null }
  return {
    name: containerName(subject.scope, id, spec, null),
    ...{ sandbox, spec, resources, image, recipe: '', replaces: null },
    ...(options.owner === undefined ? {} : { owner: options.owner }),
  }
}

/** Full id. */
export async function createSandbox(subject: DockerSubject, options: SandboxOptions): Promise<string> {
  const result = await subject.engine.perform({ do: 'create-container', request: requestOf(subject, options) })
  if (result.containerId === undefined) throw new Error('the engine gave no id')
  return result.containerId
}

export async function startSandbox(subject: DockerSubject, id: string): Promise<void> {
  await subject.engine.perform({ do: 'start', target: { id } })
  await subject.engine.perform({ do: 'await-ready', target: { id } })
}

/** Started and ready; full id. */
export async function bringUp(subject: DockerSubject, options: SandboxOptions): Promise<string> {
  const id = await createSandbox(subject, options)
  await startSandbox(subject, id)
  return id
}

/** What a shell command in the sandbox printed. Throws where it failed. */
export async function shell(
  subject: DockerSubject,
  id: string,
  command: string,
  user: 'agent' | 'root' = 'agent',
): Promise<string> {
  const result = await subject.engine.run(id, { argv: ['/bin/sh', '-ec', command], user, doing: 'test' })
  if (result.exitCode !== 0) throw new Error(`${command}: ${result.exitCode}: ${result.stdout}${result.stderr}`)
  return result.stdout.trim()
}
