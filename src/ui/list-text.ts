// `sbx ls`: every sandbox in a line.

import type { ListedContainer } from '../model/live.js'
import { painted, renderLines } from './line.js'
import { statusOf, templateName } from './list-json.js'
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
    nameAmong(container, containers),
    agentText(container),
    withTilde(templateName(container.spec.template), home),
    withTilde(container.sandbox.workspace, home),
    statusOf(container.state),
    `${durationText(Math.max(now.getTime() / 1000 - container.createdAt, 0))} ago`,
  ])
  const table = { style: style.isTerminal ? style : { ...style, columns: 10_000 }, flexible: [2, 3] }
  return renderLines(tableLines([heads, ...rows], table), style)
}

/** The id where another sandbox has the same name, so that what is shown can be typed. */
function nameAmong({ sandbox }: ListedContainer, all: readonly ListedContainer[]): string {
  const isShared = all.some(
    (other) => other.sandbox.id !== sandbox.id && other.sandbox.displayName === sandbox.displayName,
  )
  return isShared ? sandbox.id : sandbox.displayName
}

function agentText({ sandbox }: ListedContainer): string {
  return sandbox.profile === null ? sandbox.agent : `${sandbox.agent} (${sandbox.profile})`
}
