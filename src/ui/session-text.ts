// Kept sessions in a person's words. What a session says of itself was written inside.

import type { KeptSession } from '../model/session.js'
import { cutText, escapeControls } from './characters.js'
import { durationText, timeText } from './quantities.js'

/** Shorter silences are no news. In seconds. */
const quiet = 60

/** `claude, since 14:02, waits for you`. */
export function keptText(session: KeptSession, now: Date): string {
  const { startedAt, endedAt, exitCode, state } = session
  const when = (seconds: number): string => timeText(new Date(seconds * 1000), now)
  const began = `${programText(session)}, since ${when(startedAt)}`
  switch (state) {
    case 'running':
      return [began, ...moodText(session, now)].join(', ')
    case 'ended':
      return `${began}, ended ${endedAt === null ? '' : `${when(endedAt)} `}with exit code ${exitCode ?? 1}${starved(session)}`
    case 'lost':
      return `${began}, ended from outside${starved(session)}`
  }
}

function starved({ isStarved }: KeptSession): string {
  return isStarved === true ? ', perhaps for want of memory' : ''
}

/** `what` is one that something was ended in. Nobody knows what it was: a kernel counts. */
export function starvedText(what: string): string {
  return `the kernel has ended something in ${what} for want of memory. For more, raise resources.memory in sandbox.yaml.`
}

function moodText({ mood, quietSince, isAttached }: KeptSession, now: Date): string[] {
  const silence = quietSince === null ? 0 : now.getTime() / 1000 - quietSince
  const does = mood === 'waiting' ? ['waits for you'] : mood === 'working' ? ['works'] : []
  const isQuiet = mood === null && silence >= quiet
  return [
    ...does,
    ...(isQuiet ? [`quiet for ${durationText(silence)}`] : []),
    ...(isAttached ? ['in another terminal'] : []),
  ]
}

/** Of the name of a program that may have chosen it. */
export function programText({ program }: Pick<KeptSession, 'program'>): string {
  return program === '' ? 'the session' : cutText(escapeControls(program), 30)
}

/**
 * What a session left on its terminal, to be printed on another: text and its colours alone, without the empty lines at the
 * end; empty where there is nothing.
 */
export function lastScreen(screen: string): string {
  const lines = screen.split('\n').map(safeLine)
  const last = lines.findLastIndex((line) => line.replaceAll(colour, '').trim() !== '')
  return last === -1 ? '' : `${lines.slice(0, last + 1).join('\n')}\u001b[m\n`
}

const colour = /\u001b\[[0-9;:]{0,100}m/g

/** Box drawing that a terminal has in another set of characters, between shift out and shift in. */
const boxes: Readonly<Record<string, string>> = {
  ...{ j: '┘', k: '┐', l: '┌', m: '└', n: '┼', q: '─', t: '├', u: '┤', v: '┴', w: '┬', x: '│' },
}

function safeLine(line: string): string {
  const unshifted = line.replace(/\u000e([^\u000f]*)\u000f?/g, (_, text: string) =>
    text.replaceAll(/[a-z]/g, (letter) => boxes[letter] ?? letter),
  )
  const colours = unshifted.match(colour) ?? []
  return unshifted
    .split(colour)
    .map((text, at) => (colours[at - 1] ?? '') + escapeControls(text))
    .join('')
}
