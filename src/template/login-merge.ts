// A login that is copied has two places, a sandbox's home and the volume that all sandboxes of the agent share. Where they
// differ, what both last had tells which of them has changed. Pure.

import { createHash } from 'node:crypto'
import type { LoginFile } from '../model/template.js'
import type { FoundFile } from './home-files.js'
import { loginKinds } from './login-text.js'

export type Standing = {
  readonly home: FoundFile | null
  readonly shared: FoundFile | null
  /** Digest of what both last had; null where they never had the same. */
  readonly last: string | null
  /** When a file was last made or removed in the volume, in seconds since 1970. */
  readonly sharedChangedAt: number
}

/** `log-out`: the shared file stays, with no login in it, which tells the agent's own logout from that of `sbx logout`. */
export type LoginMove = 'none' | 'to-home' | 'to-shared' | 'remove-home' | 'log-out'

/**
 * What makes the two places one before a session: whichever has changed since they last were wins, of two that have the
 * newer, and a logout counts as a change. What is not what the agent writes never replaces a login.
 */
export function moveBefore(file: LoginFile, standing: Standing): LoginMove {
  const { home, shared, last, sharedChangedAt } = standing
  const atHome = stateOf(file, home)
  const inShared = stateOf(file, shared)
  const homeChanged = digestOf(home) !== last
  const sharedChanged = digestOf(shared) !== last
  if (atHome !== 'login') {
    if (inShared !== 'login') return 'none'
    return atHome === 'nothing' && last !== null && !sharedChanged ? 'log-out' : 'to-home'
  }
  if (inShared !== 'login') {
    if (last === null || inShared === 'broken') return 'to-shared'
    if (!homeChanged) return 'remove-home'
    const isLater = shared !== null || (home?.modifiedAt ?? 0) >= sharedChangedAt
    return isLater ? 'to-shared' : 'remove-home'
  }
  if (home?.text === shared?.text) return 'none'
  if (last !== null && !homeChanged) return 'to-home'
  if (last !== null && !sharedChanged) return 'to-shared'
  return (home?.modifiedAt ?? 0) >= (shared?.modifiedAt ?? 0) ? 'to-shared' : 'to-home'
}

/** After a session only what it did to the login moves: another one in the same sandbox may still work with the rest. */
export function moveAfter(file: LoginFile, standing: Standing): LoginMove {
  const move = moveBefore(file, standing)
  return move === 'to-shared' || move === 'log-out' ? move : 'none'
}

/** What both places have once the move is done, as its digest; null where that is no login. */
export function lastAfter(file: LoginFile, standing: Standing, move: LoginMove): string | null {
  switch (move) {
    case 'to-home':
      return digestOf(standing.shared)
    case 'to-shared':
      return digestOf(standing.home)
    case 'remove-home':
    case 'log-out':
      return null
    case 'none': {
      const { home, shared, last } = standing
      if (stateOf(file, home) === 'nothing' && stateOf(file, shared) === 'nothing') return null
      return home !== null && home.text === shared?.text ? digestOf(home) : last
    }
  }
}

/** Whether the file in the home is what the shared one gave it. */
export function isCopy({ home, last }: Pick<Standing, 'home' | 'last'>): boolean {
  return last !== null && digestOf(home) === last
}

function stateOf(file: LoginFile, found: FoundFile | null): 'login' | 'nothing' | 'broken' {
  if (found === null) return 'nothing'
  const kinds = found.text === null ? null : loginKinds(file, found.text)
  return kinds === null ? 'broken' : kinds.length === 0 ? 'nothing' : 'login'
}

/** Null where there is nothing to compare. */
function digestOf(found: FoundFile | null): string | null {
  const text = found?.text ?? null
  return text === null ? null : createHash('sha256').update(text).digest('hex')
}
