// What `sbx ls` says of a sandbox's sessions, in few words.

import type { KeptSession } from '../model/session.js'
import { shortDurationText } from './quantities.js'

/** Null where nobody could tell. `now` in seconds since 1970. */
export type KnownSessions = readonly KeptSession[] | null

/** In seconds: for less than this an agent is not called quiet. */
const shortestQuiet = 60

/** Of the one that is open, or how many are; else how the last one ended. */
export function sessionCell(sessions: KnownSessions, now: number): string {
  if (sessions === null) return '?'
  const open = sessions.filter(({ state }) => state === 'running')
  const [one, other] = open
  if (one !== undefined && other === undefined) return openText(one, now)
  if (one !== undefined) {
    const waiting = open.filter(({ mood }) => mood === 'waiting').length
    return `${open.length} open${waiting === 0 ? '' : `, ${waiting} waiting`}`
  }
  const last = sessions.at(-1)
  if (last === undefined) return '-'
  const ago = last.endedAt === null ? '' : `, ${since(last.endedAt, now)} ago`
  const why = last.isStarved === true ? ' (memory?)' : ''
  return last.state === 'lost' ? `lost${why}` : `exit ${last.exitCode ?? '?'}${why}${ago}`
}

/** Of the sandbox whose last session is told as that. */
export function isStarvedCell(sessions: KnownSessions): boolean {
  return sessions?.every(({ state }) => state !== 'running') === true && sessions.at(-1)?.isStarved === true
}

function openText({ mood, startedAt, quietSince }: KeptSession, now: number): string {
  const open = `open ${since(startedAt, now)}`
  if (mood === 'waiting') return `waiting ${since(quietSince ?? now, now)}, ${open}`
  if (mood === 'working') return `working, ${open}`
  const isQuiet = quietSince !== null && now - quietSince >= shortestQuiet
  return isQuiet ? `quiet ${since(quietSince, now)}, ${open}` : open
}

/** Clocks inside can be of any time. */
function since(time: number, now: number): string {
  return shortDurationText(Math.max(now - time, 0))
}
