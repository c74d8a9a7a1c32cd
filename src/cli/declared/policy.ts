// The user's own policy, read at most once in a call.

import { readPolicy } from '../../config/policy.js'
import type { Policy } from '../../model/policy.js'
import type { Host } from '../../resolve/host.js'
import { realPathIfReachable } from '../../resolve/read.js'

const policyOf = new WeakMap<Host, Policy | null>()

/** Null where there is none. Throws what is wrong with it: then nothing is known of what it denies. */
export function userPolicy(host: Host): Policy | null {
  const known = policyOf.get(host)
  if (known !== undefined) return known
  const policy = readPolicy({ ...host, realPath: realPathIfReachable })
  policyOf.set(host, policy)
  return policy
}
