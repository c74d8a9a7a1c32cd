// What adoptions that have not ended say of themselves, among the volumes of a list that was asked for anyway.

import type { LiveAdoption, LiveSandbox } from '../../model/live.js'
import { adoptionPhases, type Scope } from '../../model/names.js'
import { type Labels } from './labels.js'
import { decodeAdoption, decodeAside } from './volume-labels.js'

type Mark = { readonly name: string } & NonNullable<ReturnType<typeof decodeAdoption>>

export type Adoptions = {
  /** By phase, the last one last. */
  readonly marks: readonly Mark[]
  readonly aside: readonly { readonly name: string; readonly sandboxId: string }[]
}

export function adoptionsAmong(
  scope: Scope,
  volumes: readonly { readonly Name: string; readonly Labels: Labels | null }[],
): Adoptions {
  const marks = volumes.flatMap(({ Name: name, Labels: from }): Mark[] => {
    const decoded = decodeAdoption(scope, name, from ?? {})
    return decoded === null ? [] : [{ name, ...decoded }]
  })
  const aside = volumes.flatMap(({ Name: name, Labels: from }) => {
    const sandboxId = decodeAside(scope, name, from ?? {})
    return sandboxId === null ? [] : [{ name, sandboxId }]
  })
  return { marks: marks.sort((one, other) => order(one) - order(other)), aside }
}

function order({ phase }: Mark): number {
  return adoptionPhases.indexOf(phase)
}

/** The mark that was made last tells how far it is: those before it stay until the end. */
export function adoptionOf({ marks, aside }: Adoptions, sandboxId: string): Pick<LiveSandbox, 'adoption'> {
  const own = marks.filter((mark) => mark.sandboxId === sandboxId)
  const last = own.at(-1)
  if (last === undefined) return {}
  const adoption: LiveAdoption = {
    from: last.from,
    phase: last.phase,
    marks: Object.fromEntries(own.map(({ phase, name }) => [phase, name])),
    aside: aside.find((each) => each.sandboxId === sandboxId)?.name ?? null,
  }
  return { adoption }
}
