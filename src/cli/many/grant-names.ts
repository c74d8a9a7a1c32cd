// What `--allow` calls a grant where many sandboxes are planned at once. A key such as `mount:/data` says where in a sandbox,
// and not to what: one that reaches for different things in this plan is named with the id of its sandbox before it. Not
// with its name, which the file says and an agent may have written there.

import type { PlannedGrant } from '../../model/plan.js'
import { checkGrantNames } from '../approving/approve.js'
import type { Planned } from '../planning/planning.js'

type Of = Pick<Planned, 'plan'>

export type GrantNames = {
  /** The keys that were allowed in this sandbox. */
  readonly allowedIn: (one: Of) => readonly string[]
  /** What was allowed and stands for one thing. */
  readonly allowed: readonly string[]
  /** The grant as `--allow` takes it. */
  readonly named: (one: Of, grant: PlannedGrant) => PlannedGrant
  /** For each of the keys that need a sandbox: what it stands for, and where. */
  readonly meanings: (keys: readonly string[]) => readonly string[]
}

/**
 * `among` is all that the call is about, also what is to stay as it is. Throws where a name is that of no grant. `isWhole`
 * is false where some could not be planned: nobody knows what a key would be there, or which they would have.
 */
export function grantNames(among: readonly Of[], allow: readonly string[], isWhole = true): GrantNames {
  const places = among.flatMap((one) => one.plan.grants.map((grant) => ({ id: one.plan.id, grant })))
  const valuesOf = (key: string): ReadonlySet<string> =>
    new Set(places.filter(({ grant }) => grant.key === key).map(({ grant }) => grant.value))
  const several = new Set(places.map(({ grant }) => grant.key).filter((key) => !isWhole || valuesOf(key).size > 1))
  const whole = new Set(places.map(({ id, grant }) => wholeName(id, grant.key)))
  if (isWhole) {
    checkGrantNames(
      allow.filter((name) => !whole.has(name)),
      withoutDoubles(places.map(({ grant }) => grant)),
    )
  }
  const allowed = allow.filter((name) => !several.has(name))
  return {
    allowed,
    allowedIn: ({ plan }) =>
      plan.grants
        .map(({ key }) => key)
        .filter((key) => allowed.includes(key) || allowed.includes(wholeName(plan.id, key))),
    named: ({ plan }, grant) => (several.has(grant.key) ? { ...grant, key: wholeName(plan.id, grant.key) } : grant),
    meanings: (keys) =>
      [...new Set(keys)]
        .filter((key) => several.has(key))
        .map((key) => {
          const each = [...valuesOf(key)].map((value) => {
            const ids = places.filter(({ grant }) => grant.key === key && grant.value === value).map(({ id }) => id)
            return `${value} in ${ids.join(', ')}`
          })
          if (isWhole) return `${key} is not the same everywhere: ${each.join('; ')}.`
          return (
            `${key} is ${each.join(', and ')}. In a sandbox that could not be planned it may be something else, so each is ` +
            'allowed with the id of its sandbox.'
          )
        }),
  }
}

/** By its name each is said once, however many sandboxes ask for it. */
export function withoutDoubles(grants: readonly PlannedGrant[]): readonly PlannedGrant[] {
  return [...new Map(grants.map((grant) => [grant.key, grant])).values()]
}

function wholeName(id: string, key: string): string {
  return `${id}:${key}`
}
