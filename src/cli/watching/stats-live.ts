// `sbx stats` until Ctrl-C: a table on a terminal, elsewhere lines.

import { setTimeout as delay } from 'node:timers/promises'
import type { ListedContainer } from '../../model/live.js'
import { LiveScreen } from '../../ui/live-screen.js'
import { statsJson } from '../../ui/stats-json.js'
import { statsLine, statsScreen, statsText } from '../../ui/stats-text.js'
import { whenAbandoned } from '../call/interruptions.js'
import { type Invocation, print, printJsonLine, printRendered } from '../call/invocation.js'
import { styleOf } from '../call/style.js'
import type { Watch } from './watch.js'

/** The engine tells of a sandbox every second. In milliseconds. */
const everySecond = 1_000
/** Every so many looks it is asked which there are, and what is open in them: each time it lists processes. */
const looksBetween = 4

export async function showLive(
  invocation: Invocation,
  watch: Watch,
  first: readonly ListedContainer[],
  pace = everySecond,
): Promise<void> {
  try {
    await watch.take(first)
    if (invocation.options.json === true) await untilAborted(invocation, watch, pace, () => tellJson(invocation, watch))
    else if (invocation.output.isTTY === true) await onTerminal(invocation, watch, pace)
    else await inLines(invocation, watch, pace)
  } finally {
    watch.end()
  }
}

async function onTerminal(invocation: Invocation, watch: Watch, pace: number): Promise<void> {
  const { output } = invocation
  const screen = new LiveScreen(output)
  const draw = (): void => {
    const style = styleOf(invocation, output)
    // As narrow as it is: what does not fit is not wrapped here.
    const columns = output.columns ?? style.columns
    const view = {
      style: { ...style, columns: columns > 0 ? columns : style.columns },
      rows: output.rows ?? 24,
      now: new Date(),
    }
    screen.draw(statsScreen(watch.rows(), view))
  }
  // Ctrl-Z gives the terminal back for as long as it lasts; the next look draws on.
  const suspend = (): void => {
    screen.close()
    process.kill(process.pid, 'SIGSTOP')
  }
  const forget = whenAbandoned(() => screen.close())
  output.on('resize', draw)
  process.on('SIGTSTP', suspend)
  try {
    await untilAborted(invocation, watch, pace, draw)
  } finally {
    output.removeListener('resize', draw)
    process.removeListener('SIGTSTP', suspend)
    forget()
    screen.close()
  }
  // What was seen last stays.
  printRendered(invocation, statsText(watch.rows(), styleOf(invocation, output)))
}

async function inLines(invocation: Invocation, watch: Watch, pace: number): Promise<void> {
  await untilAborted(invocation, watch, pace, () => {
    const now = new Date()
    print(
      invocation,
      watch.rows().map((row) => statsLine(row, now)),
    )
  })
}

function tellJson(invocation: Invocation, watch: Watch): void {
  printJsonLine(invocation, statsJson(watch.rows()))
}

async function untilAborted(invocation: Invocation, watch: Watch, pace: number, show: () => void): Promise<void> {
  const { signal } = invocation
  for (let look = 1; !signal.aborted; look += 1) {
    watch.check()
    show()
    try {
      await delay(pace, undefined, { signal })
    } catch (error) {
      if (!signal.aborted) throw error
    }
    if (look % looksBetween === 0 && !signal.aborted) await watch.refresh()
  }
}
