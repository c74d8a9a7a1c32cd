// `sbx login --status`: an agent a line, and below it which keys there are; and what `sbx logout` did.

import type { LoggedOut, LoginStatus } from '../model/login.js'
import { wrapText } from './characters.js'
import { painted, renderLines, type Line } from './line.js'
import { durationText } from './quantities.js'
import type { Style } from './style.js'
import { tableLines } from './table.js'

export type LoginContext = { readonly style: Style; readonly now: Date }

/** Beyond a terminal nothing is cut, since a program may be reading. */
export function loginText(statuses: readonly LoginStatus[], { style, now }: LoginContext): string[] {
  const wide = style.isTerminal ? style : { ...style, columns: 10_000 }
  const heads = ['AGENT', 'LOGGED IN', 'SINCE', 'KEPT IN'].map((head) => painted('faint', head))
  const rows = statuses.map(({ agent, kinds, since, volume }) => [
    agent,
    kinds.length === 0 ? painted('faint', 'no') : painted('added', kinds.join(', ')),
    since === null || kinds.length === 0 ? '-' : `${durationText(Math.max(now.getTime() / 1000 - since, 0))} ago`,
    kinds.length === 0 ? '-' : volume,
  ])
  const notes = [...statuses.flatMap(currentSentences), ...keySentences(statuses), ...loginSentence(statuses)]
  const paragraphs = notes.flatMap((note) => wrapText(note, wide.columns).map((line): Line => [line]))
  const table = tableLines([heads, ...rows], { style: wide, flexible: [1, 3] })
  return renderLines([...table, ...(paragraphs.length === 0 ? [] : [[], ...paragraphs])], wide)
}

function currentSentences({ agent, current, kinds }: LoginStatus): readonly string[] {
  if (current === null) return []
  const given = Object.entries(current.keys).map(([name, setting]) => `${name} (\`${setting}\`)`)
  const keys = given.length === 0 ? '' : ` Its file also gives it ${given.join(' and ')}; agents take a key first.`
  return [`The sandbox of this folder, for ${agent}, ${modeSentence(current.credentials, kinds.length > 0)}${keys}`]
}

function modeSentence(mode: NonNullable<LoginStatus['current']>['credentials'], isLoggedIn: boolean): string {
  switch (mode) {
    case 'sandbox':
      return isLoggedIn ? 'uses this login.' : 'has no login yet.'
    case 'host':
      return "is given this machine's own login at every start (credentials: host)."
    case 'none':
      return 'has no login but its own (credentials: none).'
  }
}

/** A key is one line however many agents take it. */
function keySentences(statuses: readonly LoginStatus[]): readonly string[] {
  const names = statuses.flatMap(({ keys }) => keys.filter(({ onHost }) => onHost).map(({ name }) => name))
  return [...new Set(names)].map(
    (name) => `${name} is set on this machine; a sandbox is given it only where its file or a flag names it.`,
  )
}

function loginSentence(statuses: readonly LoginStatus[]): readonly string[] {
  const [first, ...more] = statuses.filter(({ kinds }) => kinds.length === 0)
  if (first === undefined) return []
  return [`Log in once for all sandboxes: sbx login ${more.length === 0 ? first.agent : 'AGENT'}`]
}

export function loggedOutText({ agent, title, volume, done, hostLogin, isCopied }: LoggedOut): string[] {
  const outcome = {
    removed: `Logged out of ${agent}: the volume ${volume} is removed.`,
    emptied: `Logged out of ${agent}: the volume ${volume}, which a stopped sandbox keeps, is empty.`,
    absent: `There was no login of ${agent}.`,
  }
  return [
    outcome[done],
    ...(isCopied && done !== 'absent' ? ['Copies of it in sandboxes go when their next session starts.'] : []),
    hostLogin === null
      ? `Not touched: what ${title} keeps on this machine, and keys in files and variables.`
      : `Not touched: the login of ${title} on this machine (${hostLogin}), and keys in files and variables.`,
  ]
}
