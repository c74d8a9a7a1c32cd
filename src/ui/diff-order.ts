// In which order grants of two versions are told: what reaches furthest first, so that no number of others hides it.

import { widens } from '../model/grant.js'
import type { VersionDiff, WrittenGrant } from '../model/version-diff.js'

const furthestFirst = [
  ...[
    'socket',
    'network',
    'isolation',
    'sudo',
    'host-files',
    'ssh',
    'login',
    'shared-login',
    'mount',
    'files',
    'write',
    'template',
    'setup',
    'secret',
    'env',
  ],
  ...['env-file', 'show', 'port', 'host'],
]

/** What is reached further, and what is given up: a mount that becomes read-only is changed and is no more than it was. */
export function reachOf({ added, removed, changed }: VersionDiff['grants']): {
  readonly further: readonly WrittenGrant[]
  readonly less: readonly WrittenGrant[]
} {
  const isWider = (grant: WrittenGrant): boolean => widens(grant, grant.before)
  return {
    further: inOrderOfReach([...added, ...changed.filter(isWider)]),
    less: inOrderOfReach([...removed, ...changed.filter((grant) => !isWider(grant))]),
  }
}

function inOrderOfReach(grants: readonly WrittenGrant[]): readonly WrittenGrant[] {
  return grants
    .map((grant) => ({ grant, rank: rankOf(grant) }))
    .sort((one, other) => one.rank - other.rank)
    .map(({ grant }) => grant)
}

function rankOf({ key }: WrittenGrant): number {
  const rank = furthestFirst.indexOf(key.split(':', 1)[0] ?? '')
  return rank === -1 ? 0 : rank
}
