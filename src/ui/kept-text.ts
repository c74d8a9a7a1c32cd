// Homes and clones that no sandbox has, and what there is to do with one.

import type { JsonObject } from '../model/json.js'
import type { CloneVolume, Home } from '../model/volumes.js'
import type { CloneLoss } from '../model/risks.js'
import { shellWord } from '../model/shell-word.js'
import { escapeControls } from './characters.js'
import { cloneLossText, unfetchedJson, unfetchedText } from './clone-text.js'
import { formatVersion } from './format-version.js'
import { type Column, fittedTable } from './fitted-table.js'
import { agentText, type ListContext } from './list-text.js'
import { durationText, withTilde } from './quantities.js'
import { wrappedLines } from './wrapped-lines.js'

export type Unfetched = {
  /** What a clone has that is nowhere else. Absent where that is nothing, and where there is no clone. */
  readonly unfetched?: Pick<CloneLoss, 'branches' | 'isUnknown' | 'beside'>
}

export type KeptHome = Home & Unfetched

/** `hasSandbox` of one whose sandbox is there, and works on the folder itself. */
export type KeptClone = CloneVolume & Unfetched & { readonly hasSandbox: boolean }

export type Kept = { readonly homes: readonly KeptHome[]; readonly clones: readonly KeptClone[] }

/** `sbx ls --kept`. */
export function keptText({ homes, clones }: Kept, context: ListContext): string[] {
  if (homes.length === 0 && clones.length === 0) return ['There are no homes without a sandbox.']
  return [
    ...(homes.length === 0 ? [] : homesText(homes, context)),
    ...(homes.length === 0 || clones.length === 0 ? [] : ['']),
    ...(clones.length === 0 ? [] : clonesText(clones, context)),
  ]
}

function homesText(homes: readonly KeptHome[], context: ListContext): string[] {
  const clones = homes.map(({ clone = '-' }) => clone)
  const columns: readonly Column[] = [
    ...sandboxColumns(homes, context),
    { head: 'VOLUME', cells: homes.map(({ name }) => name), goesBelow: true },
    ...(clones.every((clone) => clone === '-') ? [] : [{ head: 'CLONE', cells: clones, goesBelow: true }]),
    createdColumn(homes, context),
  ]
  return [
    ...fittedTable(columns, context.style),
    ...wrappedLines(
      homes.flatMap((home) => unfetchedOfHome(home, context.home)),
      context.style,
    ),
  ]
}

/** No home's table tells of these: the sandbox has another mode now, or the home was removed by other hands. */
function clonesText(clones: readonly KeptClone[], context: ListContext): string[] {
  const columns: readonly Column[] = [
    ...sandboxColumns(clones, context),
    { head: 'CLONE', cells: clones.map(({ name }) => name), goesBelow: true },
    createdColumn(clones, context),
  ]
  return [
    ...fittedTable(columns, context.style),
    ...wrappedLines(
      clones.flatMap((clone) => waysOfClone(clone, context.home)),
      context.style,
    ),
  ]
}

function sandboxColumns(of: readonly CloneVolume[], { home: folder }: ListContext): readonly Column[] {
  return [
    { head: 'SANDBOX', cells: of.map(({ sandbox }) => sandbox.id) },
    { head: 'AGENT', cells: of.map(({ sandbox }) => agentText(sandbox)), leaves: 2 },
    { head: 'WORKSPACE', cells: of.map(({ sandbox }) => withTilde(sandbox.workspace, folder)), isCut: true },
  ]
}

function createdColumn(of: readonly CloneVolume[], { now }: ListContext): Column {
  return { head: 'CREATED', cells: of.map(({ createdAt }) => ageText(createdAt, now)), leaves: 1 }
}

function unfetchedOfHome({ sandbox, unfetched: loss }: KeptHome, folder: string): string[] {
  if (loss === undefined) return []
  const ofProfile = profileFlag(sandbox)
  const bring = `with sbx apply${ofProfile} (or sbx run --clone NAME${ofProfile} if it was made so)`
  return [
    `The clone of ${sandbox.id} has ${unfetchedText(loss)}.`,
    `  into your repository: ${bring} and then sbx fetch ${shellWord(sandbox.id)}, in ${withTilde(sandbox.workspace, folder)}`,
  ].map(escapeControls)
}

function waysOfClone({ name, sandbox, unfetched: loss, hasSandbox }: KeptClone, folder: string): string[] {
  const id = shellWord(sandbox.id)
  const why = hasSandbox ? `${sandbox.id} works on the folder itself, and has it no more` : 'no sandbox has it'
  const what = cloneLossText({ branches: [], ...loss, uncommitted: null, fate: 'left' })
  const bring = `with "workspace: { mode: clone }" sbx apply${profileFlag(sandbox)} and then sbx fetch ${id}`
  return [
    `The clone of ${sandbox.id} has ${what}: ${why}.`,
    ...(loss === undefined ? [] : [`  into your repository: ${bring}, in ${withTilde(sandbox.workspace, folder)}`]),
    hasSandbox
      ? `  to remove it alone, docker volume rm ${shellWord(name)}; with its sandbox and the home, sbx rm --volumes ${id}`
      : `  to remove it: sbx rm --volumes ${id}`,
  ].map(escapeControls)
}

function profileFlag({ profile }: Home['sandbox']): string {
  return profile === null ? '' : ` --profile ${shellWord(profile)}`
}

export function keptJson({ homes, clones }: Kept): JsonObject {
  return {
    format_version: formatVersion,
    homes: homes.map(({ clone, ...home }) => ({
      ...volumeJson(home),
      ...(clone === undefined ? {} : { clone }),
    })),
    clones: clones.map(({ hasSandbox, ...clone }) => ({ ...volumeJson(clone), has_sandbox: hasSandbox })),
  }
}

function volumeJson({ name, sandbox, createdAt, unfetched: loss }: CloneVolume & Unfetched): JsonObject {
  return {
    id: sandbox.id,
    name: sandbox.displayName,
    agent: sandbox.agent,
    profile: sandbox.profile,
    workspace: sandbox.workspace,
    volume: name,
    ...(loss === undefined ? {} : { unfetched: unfetchedJson(loss) }),
    created_at: createdAt,
  }
}

/** Other engines may write times in other ways, or none. */
function ageText(createdAt: string, now: Date): string {
  const seconds = (now.getTime() - Date.parse(createdAt)) / 1000
  return Number.isFinite(seconds) ? `${durationText(Math.max(seconds, 0))} ago` : ''
}
