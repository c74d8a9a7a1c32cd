// On which engines a sandbox was applied, for what this machine keeps of it.

import { DiagnosticError } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { Scope } from '../../model/names.js'
import type { Approvals } from '../../resolve/approvals.js'
import { type EnginePlace, unknownPlace, withPlace } from '../../resolve/engine-places.js'

/**
 * The engine to be written down beside those that are known. Null where nothing is done on it: what is there was written down
 * by the apply that made it, so that an apply without changes costs no call more.
 */
export async function placeOf(
  engine: Pick<Engine, 'id'>,
  scope: Scope,
  before: Approvals | null,
  isChanging: boolean,
): Promise<EnginePlace | null> {
  if (before !== null && !isChanging) return null
  const id = await idOf(engine)
  return id === null ? unknownPlace : { id, scope }
}

/** What an earlier sbx wrote can be of any engine. */
export function placesWith(before: Approvals | null, place: EnginePlace | null): readonly EnginePlace[] {
  const known = before === null ? [] : (before.engines ?? [unknownPlace])
  return place === null ? known : withPlace(known, place)
}

/** Null where it has none. */
export async function idOf(engine: Pick<Engine, 'id'>): Promise<string | null> {
  try {
    return await engine.id()
  } catch (error) {
    if (error instanceof DiagnosticError && error.diagnostics.some(({ code }) => code === 'engine/no-engine-id'))
      return null
    throw error
  }
}
