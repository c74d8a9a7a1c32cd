// Which engines a file of this machine speaks of, so that it can be told when none of them needs it any more.

import { isRecord } from '../model/json.js'
import type { Scope } from '../model/names.js'

/** `id` is the engine's own word for itself; where it is empty it is any engine. */
export type EnginePlace = { readonly id: string; readonly scope: Scope }

/** That it was applied on others as well, and nobody knows on which. */
export const unknownPlace: EnginePlace = { id: '', scope: '' }

/** Of one sandbox. What says each time that it is another is none that could be found again. */
const mostKnown = 8

export function withPlace(known: readonly EnginePlace[], place: EnginePlace): readonly EnginePlace[] {
  const others = known.filter(({ id, scope }) => id !== place.id || scope !== place.scope)
  if (others.length < mostKnown) return [...others, place]
  return others.some(({ id }) => id === '') ? others : [...others.slice(1), unknownPlace]
}

/** Whether it was applied there and nowhere else. */
export function isOnlyAt(known: readonly EnginePlace[] | undefined, here: EnginePlace): boolean {
  return (
    known !== undefined && known.length > 0 && known.every(({ id, scope }) => id === here.id && scope === here.scope)
  )
}

/** As read from a file; true also where it says nothing of engines. */
export function isEnginePlaces(value: unknown): boolean {
  if (value === undefined) return true
  if (!Array.isArray(value)) return false
  return value.every(
    (each: unknown) => isRecord(each) && [each['id'], each['scope']].every((one) => typeof one === 'string'),
  )
}
