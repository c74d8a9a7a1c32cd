// Homes that no sandbox has, and what there is to do with one.

import type { JsonObject } from '../model/json.js'
import type { Home } from '../model/volumes.js'
import type { CloneLoss } from '../model/risks.js'
import { shellWord } from '../model/shell-word.js'
import { escapeControls } from './characters.js'
import { unfetchedJson, unfetchedText } from './clone-text.js'
import { formatVersion } from './format-version.js'
import { type Column, fittedTable } from './fitted-table.js'
import { agentText, type ListContext } from './list-text.js'
import { durationText, withTilde } from './quantities.js'

export type KeptHome = Home & {
  /** What its clone has that is nowhere else. Absent where that is nothing, and where there is no clone. */
  readonly unfetched?: Pick<CloneLoss, 'branches' | 'isUnknown' | 'beside'>
}

/** `sbx ls --kept`. */
export function keptHomesText(homes: readonly KeptHome[], { style, home: folder, now }: ListContext): string[] {
  if (homes.length === 0) return ['There are no homes without a sandbox.']
  const clones = homes.map(({ clone = '-' }) => clone)
  const columns: readonly Column[] = [
    { head: 'SANDBOX', cells: homes.map(({ sandbox }) => sandbox.id) },
    { head: 'AGENT', cells: homes.map(({ sandbox }) => agentText(sandbox)), leaves: 2 },
    { head: 'WORKSPACE', cells: homes.map(({ sandbox }) => withTilde(sandbox.workspace, folder)), isCut: true },
    { head: 'VOLUME', cells: homes.map(({ name }) => name), goesBelow: true },
    ...(clones.every((clone) => clone === '-') ? [] : [{ head: 'CLONE', cells: clones, goesBelow: true }]),
    { head: 'CREATED', cells: homes.map(({ createdAt }) => ageText(createdAt, now)), leaves: 1 },
  ]
  return [...fittedTable(columns, style), ...homes.flatMap((home) => unfetched(home, folder))]
}

function unfetched({ sandbox, unfetched: loss }: KeptHome, folder: string): string[] {
  if (loss === undefined) return []
  const ofProfile = sandbox.profile === null ? '' : ` --profile ${shellWord(sandbox.profile)}`
  const bring = `sbx apply${ofProfile} (or sbx run --clone NAME${ofProfile} if it was made so)`
  return [
    `The clone of ${sandbox.id} has ${unfetchedText(loss)}.`,
    `  into your repository: ${bring} and then sbx fetch ${shellWord(sandbox.id)}, in ${withTilde(sandbox.workspace, folder)}`,
  ].map(escapeControls)
}

export function keptHomesJson(homes: readonly KeptHome[]): JsonObject {
  return {
    format_version: formatVersion,
    homes: homes.map(({ name, sandbox, createdAt, clone, unfetched: loss }) => ({
      id: sandbox.id,
      name: sandbox.displayName,
      agent: sandbox.agent,
      profile: sandbox.profile,
      workspace: sandbox.workspace,
      volume: name,
      ...(clone === undefined ? {} : { clone }),
      ...(loss === undefined ? {} : { unfetched: unfetchedJson(loss) }),
      created_at: createdAt,
    })),
  }
}

/** Other engines may write times in other ways, or none. */
function ageText(createdAt: string, now: Date): string {
  const seconds = (now.getTime() - Date.parse(createdAt)) / 1000
  return Number.isFinite(seconds) ? `${durationText(Math.max(seconds, 0))} ago` : ''
}
