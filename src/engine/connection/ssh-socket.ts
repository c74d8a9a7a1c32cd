import { fail } from '../../model/diagnostic.js'
import type { ContainerSpec } from '../../model/spec.js'
import type { Endpoint } from './endpoint.js'

/**
 * Where the engine finds the socket of the user's ssh agent; `''` for a container that has none. `socket` is where it is on
 * this machine, null where it is nowhere. Throws where the engine cannot have it.
 */
export function sshSource({ ssh }: Pick<ContainerSpec, 'ssh'>, endpoint: Endpoint, socket: string | null): string {
  if (ssh === undefined) return ''
  if (endpoint.kind !== 'unix') {
    fail('engine/remote-ssh-agent', 'The ssh agent is not on the machine of the engine', {
      detail: `${endpoint.url} is another machine, and a socket of this one cannot be mounted there. Leave "ssh" out.`,
    })
  }
  return socket ?? fail('resolve/no-ssh-agent', 'There is no ssh agent', { detail: 'Start one, or leave "ssh" out.' })
}
