// `sbx grants`: what each sandbox may reach, and who said so when.

import type { ApprovedBy, ApprovedGrant, ApprovedSandbox, FolderState } from '../model/approval.js'
import { escapeControls } from './characters.js'
import { painted, renderLines, type Line, type Part } from './line.js'
import { durationText, withTilde } from './quantities.js'
import type { Style } from './style.js'
import { tableLines } from './table.js'

export type GrantsContext = { readonly style: Style; readonly home: string; readonly now: Date }

export function grantsText(sandboxes: readonly ApprovedSandbox[], context: GrantsContext): string[] {
  const { style, home } = context
  const having = sandboxes.filter(({ grants }) => grants.length > 0)
  if (having.length === 0) return ['Nothing was approved. Every sandbox has its workspace alone.']
  const lines = having.flatMap(({ id, name, workspace, folder, grants }, index): Line[] => [
    ...(index === 0 ? [] : [[]]),
    [painted('strong', name), `  ${withTilde(workspace, home)}  `, ...folderText[folder], painted('faint', id)],
    ...grantTable(grants, context).map((line): Line => ['  ', ...line]),
  ])
  return renderLines(lines, style)
}

const folderText = {
  there: [],
  gone: [painted('attention', '(gone)'), '  '],
  unsure: [painted('attention', '(not there now)'), '  '],
} as const satisfies Record<FolderState, readonly Part[]>

function grantTable(grants: readonly ApprovedGrant[], { style, home, now }: GrantsContext): Line[] {
  const heads = ['GRANT', 'VALUE', 'APPROVED', 'HAS IT'].map((head) => painted('faint', head))
  const rows = grants.map((grant): readonly Part[] => [
    grant.key,
    valueText(grant, home),
    approvedText(grant, now),
    grant.isInUse === null ? 'not known' : grant.isInUse ? 'yes' : 'no',
  ])
  return tableLines([heads, ...rows], {
    style: style.isTerminal ? style : { ...style, columns: 10_000 },
    columns: style.isTerminal ? style.columns - 2 : 10_000,
    // What `grants revoke` and `--allow` take is whole, as long as there is room for it.
    flexible: [1],
  })
}

/** The path of a mount is behind its mode. */
function valueText({ value }: ApprovedGrant, home: string): string {
  const mode = /^(r[ow]|file):(\/.*)$/s.exec(value)
  return mode === null ? withTilde(value, home) : `${mode[1] ?? ''} ${withTilde(mode[2] ?? '', home)}`
}

const whose = {
  user: 'by you',
  policy: 'by your policy',
  record: 'by an earlier sbx',
} as const satisfies Record<ApprovedBy, string>

function approvedText({ by, approvedAt }: ApprovedGrant, now: Date): Part {
  if (by === null) return painted('attention', 'not any more')
  if (approvedAt === null || by !== 'user') return whose[by]
  const seconds = Math.max((now.getTime() - Date.parse(approvedAt)) / 1000, 0)
  return Number.isFinite(seconds) ? `${durationText(seconds)} ago` : whose[by]
}

export function grantsRevokedText({ name }: ApprovedSandbox, revoked: readonly ApprovedGrant[]): string[] {
  if (revoked.length === 0) return ['Nothing was approved.']
  const keys = (some: readonly ApprovedGrant[]): string => some.map(({ key }) => key).join(', ')
  const inUse = revoked.filter(({ isInUse }) => isInUse !== false)
  return [
    `Revoked of ${name}: ${keys(revoked)}.`,
    ...(inUse.length === 0
      ? []
      : [
          `It ${inUse.some(({ isInUse }) => isInUse === null) ? 'may have' : 'has'} ${keys(inUse)} until the next apply, which asks again. To end it, take it out of the file and apply.`,
        ]),
  ].map(escapeControls)
}
