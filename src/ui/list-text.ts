// `sbx ls`: every sandbox in a line.

import type { ListedContainer } from '../model/live.js'
import { escapeControls } from './characters.js'
import { painted, renderLines } from './line.js'
import { portsOf, statusOf, templateName } from './list-json.js'
import { durationText, withTilde } from './quantities.js'
import { type KnownSessions, sessionCell } from './session-cell.js'
import type { Style } from './style.js'
import { tableLines } from './table.js'

export type ListContext = { readonly style: Style; readonly home: string; readonly now: Date }

/** `was` is the name that sbx made it under, of one that somebody has renamed. */
export type ShownContainer = ListedContainer & { readonly was?: string }

/**
 * One container a sandbox, the one in use. Beyond a terminal nothing is cut, since a program may be reading. `sessions` by
 * full id of the container; a container without an entry was not asked.
 */
export function listText(
  containers: readonly ShownContainer[],
  sessions: ReadonlyMap<string, KnownSessions>,
  { style, home, now }: ListContext,
): string[] {
  if (containers.length === 0) return ['There are no sandboxes. Make one: sbx run claude']
  const columns: readonly Column[] = [
    { head: 'NAME', cell: (container) => nameAmong(container, containers) },
    { head: 'AGENT', cell: agentText },
    { head: 'TEMPLATE', cell: ({ spec }) => withTilde(templateName(spec.template), home), isFlexible: true },
    { head: 'WORKSPACE', cell: ({ sandbox }) => withTilde(sandbox.workspace, home), isFlexible: true },
    { head: 'STATUS', cell: statusText },
    {
      head: 'SESSION',
      cell: ({ id }) => sessionCell(sessions.get(id) ?? (sessions.has(id) ? null : []), now.getTime() / 1000),
      isOptional: true,
    },
    { head: 'PORTS', cell: portsText, isOptional: true },
    {
      head: 'CREATED',
      cell: ({ createdAt }) => `${durationText(Math.max(now.getTime() / 1000 - createdAt, 0))} ago`,
    },
  ]
  const shown = columns
    .map((column) => ({ ...column, cells: containers.map(column.cell) }))
    .filter(({ isOptional, cells }) => isOptional !== true || cells.some((cell) => cell !== '-'))
  const table = {
    style: style.isTerminal ? style : { ...style, columns: 10_000 },
    flexible: [...shown.entries()].flatMap(([at, { isFlexible }]) => (isFlexible === true ? [at] : [])),
  }
  const rows = containers.map((_, at) => shown.map(({ cells }) => cells[at] ?? ''))
  return renderLines(tableLines([shown.map(({ head }) => painted('faint', head)), ...rows], table), style)
}

/** An optional one is left out where all its cells are `-`. A flexible one gives way on a narrow screen. */
type Column = {
  readonly head: string
  readonly cell: (container: ShownContainer) => string
  readonly isOptional?: true
  readonly isFlexible?: true
}

function statusText({ state, name, was }: ShownContainer): string {
  return was === undefined ? statusOf(state) : `${statusOf(state)} as ${name}`
}

/** Of each that somebody has renamed, what follows from that and the way out. */
export function renamedText(containers: readonly ShownContainer[], home: string): string[] {
  return containers
    .filter(({ was }) => was !== undefined)
    .map(({ sandbox, name, was = '' }) =>
      escapeControls(
        `note: The container of ${sandbox.displayName} is called ${name} and was ${was}: no other command finds it. How to ` +
          `give it its name back says sbx plan in ${withTilde(sandbox.workspace, home)}`,
      ),
    )
}

function portsText(container: ListedContainer): string {
  const texts = portsOf(container).map(
    ({ port, protocol, hostPort }) => `${port}${protocol === 'tcp' ? '' : `/${protocol}`} -> ${hostPort}`,
  )
  return texts.length === 0 ? '-' : texts.join(', ')
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
