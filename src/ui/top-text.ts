// `sbx top`: a command a line. What a command is called, it says itself.

import type { Process } from '../model/watching.js'
import { cutText, escapeControls } from './characters.js'
import { painted, renderLines } from './line.js'
import { counted, durationText, memoryShort } from './quantities.js'
import type { Style } from './style.js'
import { tableLines } from './table.js'

/** Anybody inside can start any number of them. */
const mostShown = 500

/** In columns, where no terminal says how wide it is: a command can be a script. */
const longestCommand = 120

/** Those that keep sessions are counted and not listed. */
export function topText(processes: readonly Process[], style: Style): string[] {
  const own = processes.filter(({ keepsSession }) => keepsSession !== true)
  const keepers = processes.length - own.length
  const note = keepers === 0 ? [] : [`${counted(keepers, 'process', 'processes')} that keep sessions: --json has them`]
  if (own.length === 0) return ['Nothing runs but what keeps the sandbox up.', ...note]
  const wide = style.isTerminal ? style : { ...style, columns: 10_000 }
  const heads = ['PID', 'USER', 'CPU', 'MEMORY', 'FOR', 'COMMAND'].map((head) => painted('faint', head))
  const shown = own.slice(0, mostShown)
  const rows = shown.map(({ pid, user, cpu, memory, seconds, command }) => [
    String(pid),
    user,
    `${(cpu * 100).toFixed(1)}%`,
    memoryShort(memory),
    durationText(seconds),
    style.isTerminal ? command : cutText(escapeControls(command), longestCommand),
  ])
  const more = own.length - shown.length
  const table = tableLines([heads, ...rows], { style: wide, flexible: [5], numeric: [0, 2, 3] })
  const rest = [...(more === 0 ? [] : [`and ${String(more)} more: --json has all of them`]), ...note]
  return renderLines([...table, ...rest.map((line) => [line])], wide)
}
