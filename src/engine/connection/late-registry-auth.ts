import type { Environment } from './docker-config.js'
import type { RegistryAuth } from './registry-auth.js'

/** Most calls ask no registry, and so need not know how logins are found. */
export function lateRegistryAuth(env: Environment): RegistryAuth {
  let auth: Promise<RegistryAuth> | undefined
  return async (reference) => {
    auth ??= import('./registry-auth.js').then(({ registryAuth }) => registryAuth(env))
    return (await auth)(reference)
  }
}
