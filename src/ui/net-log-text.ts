// `sbx net log`: a host a line, and below them what to write to let through what was refused. All of it is what an agent
// asked for.

import type { Egress } from '../model/engine.js'
import type { ProxySpec } from '../model/spec.js'
import { escapeControls } from './characters.js'
import { painted, renderLines, type Line, type Part } from './line.js'
import { entryFor, type HostEgress, isListed } from './net-log-hosts.js'
import { durationText } from './quantities.js'
import type { Style } from './style.js'
import { tableLines } from './table.js'

/** An agent can ask for any number of names. */
const mostHosts = 100

export function netLogText(
  hosts: readonly HostEgress[],
  { spec, style, now }: { readonly spec: ProxySpec; readonly style: Style; readonly now: Date },
): string[] {
  if (hosts.length === 0) return ['Nothing was asked for yet. A connection is told when it ends.']
  const wide = style.isTerminal ? style : { ...style, columns: 10_000 }
  const shown = hosts.slice(0, mostHosts)
  const heads = ['HOST', 'PORT', 'ALLOWED', 'REFUSED', 'FAILED', 'LAST'].map((head) => painted('faint', head))
  const rows = shown.map(({ host, port, allowed, refused, failed, lastAt }): readonly Part[] => [
    escapeControls(host),
    port === null ? '-' : String(port),
    countText(allowed),
    refused === 0 ? '-' : painted('attention', String(refused)),
    countText(failed),
    `${durationText(Math.max(now.getTime() / 1000 - lastAt, 0))} ago`,
  ])
  const table = tableLines([heads, ...rows], { style: wide, flexible: [0], numeric: [1, 2, 3, 4] })
  const more = hosts.length - shown.length
  return renderLines(
    [...table, ...(more === 0 ? [] : [[`and ${String(more)} more: --json has all of them`]]), ...advice(shown, spec)],
    wide,
  )
}

/** `07:12:55  refused  CONNECT example.org:443`, one request a line. */
export function egressLine({ at, verdict, method, host, port }: Egress): string {
  const time = new Date(at * 1000).toTimeString().slice(0, 8)
  const where = port === null ? host : `${host}:${String(port)}`
  return escapeControls(`${time}  ${verdict.padEnd(7)}  ${method} ${where}`)
}

function advice(hosts: readonly HostEgress[], spec: ProxySpec): Line[] {
  const refused = hosts.filter((each) => each.refused > 0)
  const entries = [...new Set(refused.flatMap((each) => entryFor(each, spec) ?? []))]
  const isPrivate = refused.some(({ host, port }) => isListed(host, port, spec.allow))
  return [
    ...(entries.length === 0
      ? []
      : [
          [],
          ['To let through what was refused, add to `network.allow`:'],
          ...entries.map((entry) => [`  - ${entry}`]),
          ["The names are the agent's choice: add those that you know."],
        ]),
    ...(isPrivate ? [[], ['A host that is listed is refused where its name leads to a private address.']] : []),
  ]
}

function countText(count: number): string {
  return count === 0 ? '-' : String(count)
}
