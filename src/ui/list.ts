// `sbx ls`: every sandbox in a line, or as a document.

import type { JsonValue } from '../model/json.js'
import type { ContainerState, ListedContainer } from '../model/live.js'
import type { TemplateSpec } from '../model/spec.js'
import { painted, renderLines, type Line } from './line.js'
import { formatVersion } from './plan-json.js'
import { durationText, withTilde } from './quantities.js'
import type { Style } from './style.js'
import { tableLines } from './table.js'

export type ListContext = { readonly style: Style; readonly home: string; readonly now: Date }

/** One container a sandbox, the one in use. Beyond a terminal nothing is cut, since a program may be reading. */
export function listText(containers: readonly ListedContainer[], context: ListContext): string[] {
  const { style, home, now } = context
  if (containers.length === 0) return ['There are no sandboxes. Make one: sbx run claude']
  const heads = ['NAME', 'AGENT', 'TEMPLATE', 'WORKSPACE', 'STATUS', 'CREATED'].map((head) => painted('faint', head))
  const rows = containers.map((container) => [
    container.sandbox.displayName,
    agentText(container),
    withTilde(templateName(container.spec.template), home),
    withTilde(container.sandbox.workspace, home),
    statusOf(container.state),
    `${durationText(Math.max(now.getTime() / 1000 - container.createdAt, 0))} ago`,
  ])
  const lines: Line[] = tableLines([heads, ...rows], {
    style: style.isTerminal ? style : { ...style, columns: 10_000 },
  })
  return renderLines(lines, style)
}

export function listJson(containers: readonly ListedContainer[]): { readonly [key: string]: JsonValue } {
  return { format_version: formatVersion, sandboxes: containers.map(listedJson) }
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

function agentText({ sandbox }: ListedContainer): string {
  return sandbox.profile === null ? sandbox.agent : `${sandbox.agent} (${sandbox.profile})`
}

export function templateName(template: TemplateSpec): string {
  switch (template.kind) {
    case 'built-in':
      return template.name
    case 'folder':
      return template.path
    case 'image':
      return template.reference
  }
}

/** In the words of `sbx stop`; the others are the engine's own. */
export function statusOf(state: ContainerState): string {
  return state === 'exited' ? 'stopped' : state
}
