// What an apply found or did about a home that is of an earlier image.

import type { HomeOutcome } from '../model/home.js'
import type { JsonObject } from '../model/json.js'
import { hiddenText } from './plan-text/older-home.js'
import { counted } from './quantities.js'

/** `refresh` is the command that brings what nobody changed. */
export function homeLines(name: string, outcome: HomeOutcome, refresh: string): string[] {
  if ('hidden' in outcome) {
    const { hidden } = outcome
    return [
      `The home of ${name} hides ${counted(hidden.count, 'file')} of its image: ${hiddenText(hidden)}`,
      `Bring those that nobody changed: ${refresh}`,
    ]
  }
  const { brought, left } = outcome
  const rest =
    left === 0 ? '' : `, ${String(left)} left as somebody had changed or deleted ${left === 1 ? 'it' : 'them'}`
  return [`Brought ${counted(brought, 'file')} of its image into the home of ${name}${rest}.`]
}

export function homeJson(outcome: HomeOutcome): JsonObject {
  if ('hidden' in outcome) return { hidden: outcome.hidden.count }
  return { brought: outcome.brought, left: outcome.left }
}
