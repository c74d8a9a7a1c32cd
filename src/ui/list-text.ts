// `sbx ls`: every sandbox in a line.

import type { SandboxLabels } from '../model/desired.js'
import type { ListedContainer } from '../model/live.js'
import { escapeControls } from './characters.js'
import { type Column, fittedTable } from './fitted-table.js'
import { portsOf, statusOf, templateName } from './list-json.js'
import { durationText, withTilde } from './quantities.js'
import { type KnownSessions, sessionCell } from './session-cell.js'
import type { Style } from './style.js'

export type ListContext = { readonly style: Style; readonly home: string; readonly now: Date }

/** `was` is the name that sbx made it under, of one that somebody has renamed. */
export type ShownContainer = ListedContainer & { readonly was?: string }

/**
 * One container a sandbox, the one in use; its name, its state, its sessions and its ports are whole on any screen. `sessions`
 * by full id of the container; a container without an entry was not asked.
 */
export function listText(
  containers: readonly ShownContainer[],
  sessions: ReadonlyMap<string, KnownSessions>,
  { style, home, now }: ListContext,
): string[] {
  if (containers.length === 0) return ['There are no sandboxes. Make one: sbx run claude']
  const agents = containers.map(({ sandbox }) => agentText(sandbox))
  const templates = containers.map(({ spec }) => withTilde(templateName(spec.template), home))
  const columns: readonly (Column & { readonly isOptional?: true })[] = [
    { head: 'NAME', cells: containers.map((container) => nameAmong(container, containers)) },
    { head: 'AGENT', cells: agents, leaves: 3 },
    // Mostly an agent's own, of the same name.
    ...(containers.every(({ sandbox }, at) => sandbox.agent === templates[at])
      ? []
      : [{ head: 'TEMPLATE', cells: templates, isCut: true, leaves: 2 }]),
    { head: 'WORKSPACE', cells: containers.map((container) => workspaceText(container, home)), isCut: true },
    { head: 'STATUS', cells: containers.map(statusText) },
    {
      head: 'SESSION',
      cells: containers.map(({ id }) =>
        sessionCell(sessions.get(id) ?? (sessions.has(id) ? null : []), now.getTime() / 1000),
      ),
      isOptional: true,
      goesBelow: true,
    },
    { head: 'PORTS', cells: containers.map(portsText), isOptional: true, goesBelow: true },
    {
      head: 'CREATED',
      cells: containers.map(({ createdAt }) => `${durationText(Math.max(now.getTime() / 1000 - createdAt, 0))} ago`),
      leaves: 1,
    },
  ]
  // Of an optional one nothing is shown where no sandbox has any of it.
  return fittedTable(
    columns.filter(({ isOptional, cells }) => isOptional !== true || cells.some((cell) => cell !== '-')),
    style,
  )
}

function workspaceText({ sandbox, spec }: ListedContainer, home: string): string {
  return `${withTilde(sandbox.workspace, home)}${spec.workspace.mode === 'clone' ? ' (clone)' : ''}`
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

export function agentText({ agent, profile }: SandboxLabels): string {
  return profile === null ? agent : `${agent} (${profile})`
}
