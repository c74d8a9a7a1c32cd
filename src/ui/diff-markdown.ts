// `sbx diff --markdown`, for a comment under a pull request. All but our own words is in code elements.

import type { Origin } from '../model/config.js'
import type { FieldChange } from '../model/plan.js'
import type { UnreadBase, VersionDiff, WrittenGrant } from '../model/version-diff.js'
import { reachOf } from './diff-order.js'
import { byProfile, type DiffContext } from './diff-text.js'
import { markdownCode, markdownHead, markdownRow } from './markdown.js'
import { settingName, shownText } from './plan-text/values.js'
import { counted, pathText, withTilde } from './quantities.js'

/** In characters: a comment on GitHub has at most 65,536. */
const room = 60_000

export function diffMarkdown(diff: VersionDiff, context: DiffContext): string[] {
  const { from, to, changes, grants, unread } = diff
  const file = markdownCode(pathText(to.file, context.workingFolder, context.home))
  const reach = reachOf(grants)
  const lines = [
    '<!-- sbx diff -->',
    `### ${file} ${titleOf(diff)}`,
    '',
    `Compared with ${markdownCode(from.rev)} (${markdownCode(from.commit.slice(0, 12))}).`,
  ]
  let left = room - lines.join('\n').length

  const further = [
    ...unread.filter(({ op }) => op === 'add').map((base) => unreadRow(base, context)),
    ...reach.further.map((grant) => grantRow(grant, 'added', context)),
  ]
  const heads = ['', 'grant', 'what', 'why, as the file says', 'where'] as const
  table('**Reaches further.** Whoever applies this is asked for each of them first.', heads, further)
  const less = [
    ...unread.filter(({ op }) => op === 'remove').map((base) => unreadRow(base, context)),
    ...reach.less.map((grant) => grantRow(grant, 'removed', context)),
  ]
  table('**No longer reaches.**', heads, less)
  const rows = byProfile(changes).flatMap(([profile, some]) => some.map((each) => changeRow(each, profile, context)))
  table(`**${counted(changes.length, 'change')}.**`, ['', 'setting', 'before', 'after', 'where'], rows)
  const same = unread
    .filter(({ op }) => op === 'same')
    .map(({ reference }) => markdownCode(withTilde(reference, context.home)))
  if (same.length > 0)
    lines.push('', `Outside of this repository, and read in neither version: ${same.slice(0, 20).join(', ')}.`)
  return lines

  /** As many rows as there is room for, and how many there are besides. */
  function table(title: string, names: readonly string[], tableRows: readonly string[]): void {
    if (tableRows.length === 0) return
    const fitting = tableRows.findIndex((row) => (left -= row.length + 1) < 0)
    const shown = fitting === -1 ? tableRows : tableRows.slice(0, fitting)
    lines.push('', title, '')
    if (shown.length > 0) lines.push(...markdownHead(names), ...shown)
    const more = tableRows.length - shown.length
    if (more > 0) lines.push('', `**${String(more)} more do not fit here:** see \`sbx diff\` itself.`)
  }
}

function titleOf({ changes, grants, unread, widens }: VersionDiff): string {
  if (widens) return 'reaches further'
  const isSame = changes.length + grants.removed.length + grants.changed.length === 0
  return isSame && unread.every(({ op }) => op === 'same') ? 'says the same' : 'reaches no further'
}

function grantRow(grant: WrittenGrant, whole: 'added' | 'removed', context: DiffContext): string {
  const { key, value, before, summary, why, origin, profile } = grant
  const how = before === undefined ? whole : 'changed'
  const tilde = (text: string): string => markdownCode(withTilde(text, context.home))
  return markdownRow([
    profile === null ? how : `${how} in profile ${markdownCode(profile)}`,
    markdownCode(key),
    before === undefined ? tilde(summary) : `${tilde(summary)}; ${tilde(before)} became ${tilde(value)}`,
    why === undefined ? '' : markdownCode(why),
    placeCell(origin, context),
  ])
}

function unreadRow({ reference, commit, at, op }: UnreadBase, context: DiffContext): string {
  return markdownRow([
    op === 'add' ? 'added' : 'removed',
    markdownCode('extends'),
    `${markdownCode(withTilde(reference, context.home))}, outside of this repository: not read${commit === null ? '' : `; at commit ${markdownCode(commit.slice(0, 12))}`}`,
    '',
    at === undefined ? '' : placeCell({ kind: 'file', at }, context),
  ])
}

function changeRow(
  { path, op, before, after, source }: FieldChange,
  profile: string | null,
  context: DiffContext,
): string {
  const { home } = context
  const value = (shown: FieldChange['before']): string =>
    shown === undefined ? '' : markdownCode(shownText(shown, path, home))
  return markdownRow([
    profile === null ? words[op] : `${words[op]} in profile ${markdownCode(profile)}`,
    markdownCode(settingName(path, home)),
    value(before),
    value(after),
    placeCell(source, context),
  ])
}

const words = { add: 'added', change: 'changed', remove: 'removed' } as const satisfies Record<
  FieldChange['op'],
  string
>

function placeCell(origin: Origin | undefined, { workingFolder, home }: DiffContext): string {
  if (origin?.kind !== 'file') return ''
  return markdownCode(`${pathText(origin.at.file, workingFolder, home)}:${origin.at.line}`)
}
