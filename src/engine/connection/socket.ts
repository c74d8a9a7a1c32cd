import { realpath } from 'node:fs/promises'
import { fail } from '../../model/diagnostic.js'
import type { Endpoint } from './endpoint.js'

/**
 * Where the engine finds its own socket. In a virtual machine (Docker Desktop and its like) that is not where this
 * machine has it, but always the usual place.
 */
export async function socketSource(endpoint: Endpoint): Promise<string> {
  if (endpoint.kind !== 'unix') {
    fail('engine/no-socket', 'The engine has no socket to give', {
      detail: `\`socket: host\` needs an engine on a socket of this machine, and this one is at ${endpoint.url}.`,
    })
  }
  const isVirtual = process.platform === 'darwin' || endpoint.path.includes('/.docker/desktop/')
  return isVirtual ? '/var/run/docker.sock' : realpath(endpoint.path)
}
