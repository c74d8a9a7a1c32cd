// The user's own policy, read at most once in a call, and not at all where there is none.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Policy } from '../model/policy.js'
import type { Host } from '../resolve/host.js'
import { realPathIfThere } from '../resolve/read.js'

const policyOf = new WeakMap<Host, Promise<Policy | null>>()

/** Throws what is wrong with it: then nothing is known of what it denies. */
export function userPolicy(host: Host): Promise<Policy | null> {
  const known = policyOf.get(host) ?? read(host)
  policyOf.set(host, known)
  return known
}

async function read({ configFolder, home, uid }: Host): Promise<Policy | null> {
  if (!existsSync(join(configFolder, 'policy.yaml'))) return null
  const { readPolicy } = await import('../config/policy.js')
  return readPolicy({ configFolder, home, uid, realPath: realPathIfThere })
}
