// `sbx diff` for a person: first what is reached further, then what is no longer, then each setting that is another.

import type { Origin } from '../model/config.js'
import type { FieldChange } from '../model/plan.js'
import { isJsonObject, pointer, pointerSegments, type JsonValue } from '../model/json.js'
import type { UnreadBase, VersionDiff, WrittenChange, WrittenGrant } from '../model/version-diff.js'
import { cutText, escapeControls } from './characters.js'
import { reachOf } from './diff-order.js'
import { indented, painted, renderLines, type Line, type Part } from './line.js'
import { changeLines } from './plan-text/changes.js'
import { counted, pathText, withTilde } from './quantities.js'
import type { Style } from './style.js'
import { tableLines } from './table.js'

export type DiffContext = {
  readonly style: Style
  /** Absolute: paths beneath it are shown relative to it. */
  readonly workingFolder: string
  readonly home: string
}

/** Columns where nobody's window says how many: in a file or a log what differs should not be cut away. */
const wide = 200

export function diffText(diff: VersionDiff, seen: DiffContext): string[] {
  const context = seen.style.isTerminal ? seen : { ...seen, style: { ...seen.style, columns: wide } }
  const { from, to, changes, grants, unread } = diff
  const file = pathText(to.file, context.workingFolder, context.home)
  const { further, less } = reachOf(grants)
  const blocks: readonly (readonly Line[])[] = [
    [[painted('strong', file), painted('faint', `  ${from.rev} (${from.commit.slice(0, 12)}) -> working tree`)]],
    [...grantLines('reaches further:', further, '!', context), ...unreadLines(unread, context)],
    grantLines('no longer reaches:', less, '-', context),
    ...byProfile(changes).map(([profile, some]) => [
      ...(profile === null ? [] : [[`    profile ${profile}`]]),
      ...changeLines(some, false, context),
    ]),
    [[summaryText(diff)]],
  ]
  return renderLines(
    blocks.filter((block) => block.length > 0).flatMap((block, index) => (index === 0 ? block : [[], ...block])),
    context.style,
  )
}

function summaryText({ changes, grants, unread, widens }: VersionDiff): string {
  const { added, changed, removed } = grants
  const all = added.length + changed.length + removed.length + unread.filter(({ op }) => op !== 'same').length
  if (changes.length === 0 && all === 0) return 'Both say the same.'
  const reach = widens ? 'It reaches further.' : all > 0 ? 'It reaches no further.' : 'It reaches as far as before.'
  return `${counted(changes.length, 'change')}. ${reach}`
}

function grantLines(title: string, grants: readonly WrittenGrant[], sign: '!' | '-', context: DiffContext): Line[] {
  if (grants.length === 0) return []
  const format = sign === '!' ? 'attention' : 'removed'
  const rows = grants.map((grant): Part[] => [
    painted(format, grant.key),
    grant.before === undefined ? grant.summary : `${grant.summary}, was ${withTilde(grant.before, context.home)}`,
    painted('faint', [placeText(grant.origin, context), profileText(grant.profile)].filter(Boolean).join(', ')),
  ])
  const lines = tableLines(rows, { style: context.style, columns: context.style.columns - 8, flexible: [1, 2] })
  return indented(4, [
    [painted(format, sign), ' ', painted(format, title)],
    ...grants.flatMap(({ why }, index): Line[] => [
      ...indented(4, [lines[index] ?? []]),
      ...(why === undefined ? [] : indented(6, [[painted('faint', whyText(why, context))]])),
    ]),
  ])
}

function whyText(why: string, { style }: DiffContext): string {
  return `the file says why: "${cutText(escapeControls(why), style.columns - 32, style.hasUnicode)}"`
}

function unreadLines(unread: readonly UnreadBase[], { home, workingFolder }: DiffContext): Line[] {
  const texts = {
    add: ['!', 'now extends'],
    remove: ['-', 'no longer extends'],
    same: [' ', 'extends'],
  } as const satisfies Record<UnreadBase['op'], readonly string[]>
  return indented(
    4,
    unread.map(({ reference, commit, at, op }): Line => {
      const [sign, verb] = texts[op]
      const pinned = commit === null ? '' : ` at commit ${commit.slice(0, 12)}`
      const place = at === undefined ? '' : `  ${pathText(at.file, workingFolder, home)}:${at.line}`
      return [
        op === 'add' ? painted('attention', sign) : sign,
        ` ${verb} ${withTilde(reference, home)}${pinned}, outside of this repository: not read`,
        painted('faint', place),
      ]
    }),
  )
}

function placeText(origin: Origin | undefined, { workingFolder, home }: DiffContext): string {
  return origin?.kind === 'file' ? `${pathText(origin.at.file, workingFolder, home)}:${origin.at.line}` : ''
}

function profileText(profile: string | null): string {
  return profile === null ? '' : `profile ${profile}`
}

/** Without the part of their paths that says which; the file itself first. */
export function byProfile(changes: readonly WrittenChange[]): readonly (readonly [string | null, FieldChange[]])[] {
  const groups = new Map<string | null, FieldChange[]>()
  for (const { path, op, before, after, source } of changes) {
    const [first, name = '', ...rest] = pointerSegments(path)
    const isProfile = first === 'profiles'
    const group = groups.get(isProfile ? name : null) ?? []
    groups.set(isProfile ? name : null, group)
    group.push({
      path: !isProfile ? path : rest.length === 0 ? pointer('profiles', name) : pointer(...rest),
      op,
      effect: 'live',
      origin: 'config',
      ...(before === undefined ? {} : { before: { value: readable(before) } }),
      ...(after === undefined ? {} : { after: { value: readable(after) } }),
      ...(source === undefined ? {} : { source }),
    })
  }
  return [...groups]
}

/** The hosts of a limited network as the list that they were written as. */
function readable(value: JsonValue): JsonValue {
  if (!isJsonObject(value) || !isJsonObject(value['allow'])) return value
  return { ...value, allow: Object.keys(value['allow']) }
}
