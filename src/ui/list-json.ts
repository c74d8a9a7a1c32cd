// `sbx ls --json`: every sandbox, and the fields that `inspect` has too.

import type { JsonValue } from '../model/json.js'
import type { ContainerState, ListedContainer } from '../model/live.js'
import type { KeptSession } from '../model/session.js'
import type { TemplateSpec } from '../model/spec.js'
import { formatVersion } from './format-version.js'
import type { KnownSessions } from './session-cell.js'

/** `sessions` by full id of the container; a container without an entry was not asked. */
export function listJson(
  containers: readonly (ListedContainer & { readonly was?: string })[],
  sessions: ReadonlyMap<string, KnownSessions>,
): { readonly [key: string]: JsonValue } {
  const sandboxes = containers.map((container) => ({
    ...listedJson(container),
    workspace_mode: container.spec.workspace.mode ?? 'bind',
    ...(container.was === undefined ? {} : { renamed: { from: container.was, to: container.name } }),
    sessions: sessions.get(container.id)?.map(sessionJson) ?? null,
    ports: portsOf(container).map(({ port, protocol, address, hostPort }) =>
      publishedJson(`${port}/${protocol}`, address, hostPort),
    ),
  }))
  return { format_version: formatVersion, sandboxes }
}

/** One port in the form that `ls` and `inspect` share; `port` as engines write it, `3000/tcp`. */
export function publishedJson(port: string, address: string, host: number): { readonly [key: string]: JsonValue } {
  const [number = '', protocol = 'tcp'] = port.split('/')
  return { container: Number(number), protocol, address, host }
}

function sessionJson(session: KeptSession): { readonly [key: string]: JsonValue } {
  return {
    id: session.id,
    state: session.state,
    exit_code: session.exitCode,
    started_at: timeOf(session.startedAt),
    ended_at: timeOf(session.endedAt),
    program: session.program,
    attached: session.isAttached,
    quiet_since: timeOf(session.quietSince),
    mood: session.mood,
    ...(session.isStarved === true ? { out_of_memory: true } : {}),
  }
}

/** Null also of a year with more than four digits: whoever is inside wrote it. */
function timeOf(seconds: number | null): string | null {
  return seconds === null || seconds > 253_402_300_799 ? null : new Date(seconds * 1000).toISOString()
}

export type ShownPort = {
  readonly port: number
  readonly protocol: string
  readonly address: string
  readonly hostPort: number
}

/** Where its ports are published, in the order of their numbers. */
export function portsOf({ published = {} }: ListedContainer): readonly ShownPort[] {
  const ports = Object.entries(published).map(([key, { address, hostPort }]) => {
    const [port = '', protocol = 'tcp'] = key.split('/')
    return { port: Number(port), protocol, address, hostPort }
  })
  return ports.sort((one, other) => one.port - other.port || (one.protocol < other.protocol ? -1 : 1))
}

/** The fields that `ls` and `inspect` have in common. */
export function listedJson(container: ListedContainer): { readonly [key: string]: JsonValue } {
  const { sandbox } = container
  return {
    id: sandbox.id,
    name: sandbox.displayName,
    agent: sandbox.agent,
    profile: sandbox.profile,
    template: templateName(container.spec.template),
    workspace: sandbox.workspace,
    status: statusOf(container.state),
    created_at: new Date(container.createdAt * 1000).toISOString(),
    container_id: container.id,
  }
}

export function templateName(template: TemplateSpec): string {
  switch (template.kind) {
    case 'built-in':
      return template.name
    case 'folder':
      return template.path
    case 'image':
    case 'git':
      return template.reference
  }
}

/** In the words of `sbx stop`; the others are the engine's own. */
export function statusOf(state: ContainerState): string {
  return state === 'exited' ? 'stopped' : state
}
