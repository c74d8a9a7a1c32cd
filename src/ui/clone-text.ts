// What is in a clone alone, in words. Names of branches are whose the clone is.

import type { JsonObject } from '../model/json.js'
import type { CloneLoss } from '../model/risks.js'
import { cutText, escapeControls } from './characters.js'
import { counted } from './quantities.js'

const mostNames = 6

/** Whether somebody may miss it. What is left behind in its volume is not lost; but nobody looks for commits there. */
export function isAtRisk(loss: CloneLoss | null | undefined): loss is CloneLoss {
  if (loss === null || loss === undefined) return false
  const isUnfetched = loss.branches.length > 0 || loss.isUnknown === true
  return isUnfetched || (loss.fate === 'removed' && loss.uncommitted !== 0)
}

/** `2 branches that were not fetched (sbx/web 5b9553b, try-2 a01b2c3), 3 files that are not committed`. */
export function cloneLossText({ uncommitted, ...unfetched }: CloneLoss): string {
  const said = unfetchedText(unfetched)
  return [
    ...(said === '' ? [] : [said]),
    ...(uncommitted === null
      ? ['perhaps what is not committed (nobody has looked)']
      : uncommitted === 0
        ? []
        : [`${counted(uncommitted, 'file')} that ${uncommitted === 1 ? 'is' : 'are'} not committed`]),
  ].join(', ')
}

/** The same of commits alone; empty where there are none. */
export function unfetchedText({
  branches,
  isUnknown,
  beside = [],
}: Pick<CloneLoss, 'branches' | 'isUnknown' | 'beside'>): string {
  const named = branches.slice(0, mostNames).map(({ name, tip }) => `${shownName(name)} ${tip.slice(0, 7)}`)
  const more = branches.length - named.length
  const names = [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ')
  const count = branches.length === 1 ? '1 branch that was' : `${branches.length} branches that were`
  return [
    ...(branches.length === 0 ? [] : [`${count} not fetched (${names})`]),
    ...(isUnknown !== true
      ? []
      : beside.length > 0
        ? beside.map((each) => besideTexts[each])
        : [`${branches.length === 0 ? 'commits' : 'more'} that sbx cannot tell`]),
  ].join(', ')
}

/** Whatever was fetched. */
const besideTexts: Readonly<Record<Required<CloneLoss>['beside'][number], string>> = {
  submodules: 'what is in submodules (no fetch brings it)',
  lfs: 'contents of Git LFS (no fetch brings them)',
  trees: 'files of further working trees (no fetch brings them)',
}

export function cloneLossJson({ uncommitted, fate, ...unfetched }: CloneLoss): JsonObject {
  const { branches, unknown } = unfetchedJson(unfetched)
  return { branches, uncommitted, unknown, fate }
}

export function unfetchedJson({ branches, isUnknown }: Pick<CloneLoss, 'branches' | 'isUnknown'>) {
  return { branches: branches.map(({ name, tip }) => ({ name, tip })), unknown: isUnknown === true }
}

function shownName(name: string): string {
  return cutText(escapeControls(name), 40)
}
