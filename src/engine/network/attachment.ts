// What a sandbox's container is made on, and what it is told of it.

import type { Scope } from '../../model/names.js'
import type { ContainerRequest } from '../../model/plan.js'
import type { Client } from '../connection/client.js'
import { ensureLimitedNetwork } from './limited-network.js'
import { ensureOpenNetwork } from './networks.js'

/** `mode` is the id of a network, or `none`. `proxy` is the one way out of it, by its address there. */
export type Attachment = { readonly mode: string; readonly proxy?: string }

/** Makes the network where it is missing. */
export async function attachmentOf(client: Client, scope: Scope, request: ContainerRequest): Promise<Attachment> {
  switch (request.spec.network) {
    case 'open':
      return { mode: await ensureOpenNetwork(client, scope) }
    case 'limited': {
      const { id, proxy } = await ensureLimitedNetwork(client, scope, request.sandbox)
      return { mode: id, proxy }
    }
    case 'none':
      return { mode: 'none' }
  }
}

/**
 * Nothing answers there, so that no name leads anywhere: the engine would otherwise ask the host's own servers, from the
 * host. Whoever asks all the same waits for a second and not for twenty.
 */
export function nameServer({ proxy }: Attachment): { Dns?: string[]; DnsOptions?: string[] } {
  return proxy === undefined ? {} : { Dns: [proxy], DnsOptions: ['timeout:1', 'attempts:1'] }
}

export function proxyEnvironment({ proxy }: Attachment): { Env?: string[] } {
  if (proxy === undefined) return {}
  const url = `http://${proxy}:3128`
  const local = 'localhost,127.0.0.1,::1'
  return {
    Env: [
      ...['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'].map((name) => `${name}=${url}`),
      ...['NO_PROXY', 'no_proxy'].map((name) => `${name}=${local}`),
      // Node's own fetch looks at none of these without it.
      'NODE_USE_ENV_PROXY=1',
    ],
  }
}
