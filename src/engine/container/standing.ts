// Which of several containers that applies at once have made for one sandbox is the one that stays: the engine decides, by
// the order of their starts.

import { fail } from '../../model/diagnostic.js'
import { compareTimes } from '../connection/times.js'

/** Times in RFC 3339; `startedAt` is null for one that never ran. */
export type Contender = {
  readonly id: string
  readonly name: string
  readonly createdAt: string
  readonly startedAt: string | null
  readonly isRunning: boolean
}

/** `otherwise` is what it comes to where nothing happens for long enough. */
export type Standing =
  | { readonly is: 'ours' }
  /** Its name; null where that is not known. */
  | { readonly is: 'overtaken'; readonly by: string | null }
  | { readonly is: 'open'; readonly otherwise: Exclude<Standing, { readonly is: 'open' }> }

/**
 * Of those that run the one that was started first stays, and nothing else decides: whoever starts one asks after that, and
 * steps back where another was earlier. Before, the one that was made later waits for the other to start, and for a while
 * only: who has made it may be dead. `expected` are those that were there when the plan was made, and when each had last
 * started: one that has not started since is no rival.
 */
export function standing(
  ownId: string,
  all: readonly Contender[],
  expected: Readonly<Record<string, string | null>>,
): Standing {
  const own = all.find(({ id }) => id === ownId)
  const others = all.filter(({ id }) => id !== ownId)
  const rivals = others.filter(({ id, isRunning, startedAt }) => {
    const before = expected[id]
    return before === undefined || (isRunning && startedAt !== before)
  })
  const [first] = [...(own === undefined ? [] : [own]), ...rivals]
    .filter(({ isRunning }) => isRunning)
    .sort(startedFirst)
  if (first !== undefined) return first.id === ownId ? { is: 'ours' } : { is: 'overtaken', by: first.name }
  const [kept] = others.filter(({ isRunning }) => isRunning).sort(startedFirst)
  const isBetween = others.length > 0 && kept === undefined
  if (own === undefined) {
    // Whoever removed it keeps another, or is between two.
    const gone = { is: 'overtaken', by: kept?.name ?? null } as const
    return isBetween ? { is: 'open', otherwise: gone } : gone
  }
  const isAwaited =
    own.startedAt === null ? rivals.some((rival) => rival.startedAt === null && madeFirst(rival, own) < 0) : isBetween
  return isAwaited ? { is: 'open', otherwise: { is: 'ours' } } : { is: 'ours' }
}

function startedFirst(one: Contender, other: Contender): number {
  return compareTimes(one.startedAt ?? '', other.startedAt ?? '') || (one.id < other.id ? -1 : 1)
}

function madeFirst(one: Contender, other: Contender): number {
  return compareTimes(one.createdAt, other.createdAt) || (one.id < other.id ? -1 : 1)
}

/** Throws. */
export function failOvertaken(winner: string | null): never {
  return fail('apply/overtaken', 'Another apply was first', {
    detail:
      winner === null
        ? 'It removed the container that this one had made. Plan again.'
        : `The container ${winner} stays, what this one made goes. Plan again.`,
  })
}
