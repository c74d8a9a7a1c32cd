// `sbx fetch`: a branch a line, and what to look at them with. Names of branches are the agent's.

import { shellWord } from '../model/shell-word.js'
import { cutText, escapeControls } from './characters.js'
import type { Fetched } from './fetch-json.js'

/** An agent can have any number of branches. */
const mostNames = 10

/** In characters, of a name that is not fetched. */
const mostShown = 60

export function fetchText({ name, branches, wip, isClean, isUnchanged, left, unfit, current }: Fetched): string[] {
  const [first] = branches
  const looked = first?.ref ?? wip?.branch
  return [
    ...(isUnchanged
      ? [`Nothing new in ${escapeControls(name)}.`]
      : [
          `Fetched ${escapeControls(name)}:`,
          ...branches.map(branchLine),
          ...(wip === null ? [] : [`  ${escapeControls(wip.branch)}  ${shortId(wip.to)}, what is not committed`]),
        ]),
    ...(isClean ? ['Everything in it is committed.'] : []),
    ...(left.length === 0 ? [] : [`Not fetched, and new: ${namesText(left)}. With them: sbx fetch --all`]),
    ...(unfit.length === 0
      ? []
      : [
          `Not fetched, under names that no branch here is to have: ${namesText(unfit.map(shownName))}. ` +
            'Rename them in the clone: git branch -m',
        ]),
    ...(isUnchanged || looked === undefined ? [] : [`Look: git log ${shellWord(`${current}..${looked}`)}`]),
  ].map(escapeControls)
}

function branchLine({ ref, before, after, commits, isForced }: Fetched['branches'][number]): string {
  const count = `${String(commits)} ${commits === 1 ? 'commit' : 'commits'}`
  const range = before === null ? `${shortId(after)} (${count})` : `${shortId(before)}..${shortId(after)} (${count})`
  return `  ${ref}  ${range}${isForced ? ', rewritten in the clone' : ''}`
}

function namesText(names: readonly string[]): string {
  const shown = names.slice(0, mostNames).join(', ')
  return names.length > mostNames ? `${shown} and ${String(names.length - mostNames)} more` : shown
}

/** One that is too long, with how long it is. */
function shownName(name: string): string {
  const shown = escapeControls(name)
  return shown.length <= mostShown ? shown : `${cutText(shown, mostShown)} (${String(name.length)} characters)`
}

export function shortId(id: string): string {
  return id.slice(0, 7)
}
