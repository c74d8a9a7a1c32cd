// `sbx top`: a command a line. What a command is called, it says itself.

import type { Process } from '../model/watching.js'
import { painted, renderLines } from './line.js'
import { durationText, memoryShort } from './quantities.js'
import type { Style } from './style.js'
import { tableLines } from './table.js'

/** Anybody inside can start any number of them. */
const mostShown = 500

/** Beyond a terminal nothing is cut. */
export function topText(processes: readonly Process[], style: Style): string[] {
  if (processes.length === 0) return ['Nothing runs but what keeps the sandbox up.']
  const wide = style.isTerminal ? style : { ...style, columns: 10_000 }
  const heads = ['PID', 'USER', 'CPU', 'MEMORY', 'FOR', 'COMMAND'].map((head) => painted('faint', head))
  const shown = processes.slice(0, mostShown)
  const rows = shown.map(({ pid, user, cpu, memory, seconds, command }) => [
    String(pid),
    user,
    `${(cpu * 100).toFixed(1)}%`,
    memoryShort(memory),
    durationText(seconds),
    command,
  ])
  const more = processes.length - shown.length
  const table = tableLines([heads, ...rows], { style: wide, flexible: [5], numeric: [0, 2, 3] })
  return renderLines([...table, ...(more === 0 ? [] : [[`and ${String(more)} more: --json has all of them`]])], wide)
}
