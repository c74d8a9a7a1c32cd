// The user's ssh agent. Its socket lets in nobody but its own user and root, and the agent inside is whoever owns the
// workspace.

import { statSync } from 'node:fs'
import type { Config, Origins } from '../model/config.js'
import type { Diagnostic } from '../model/diagnostic.js'
import type { Host } from './host.js'
import { diagnosticAt } from './origins.js'
import { errorCode, realPathIfThere } from './read.js'
import type { HostEnv } from './variables.js'

/** Real path of the socket that there is now; null where there is none. */
export function sshSocket(env: HostEnv): string | null {
  const named = env.SSH_AUTH_SOCK ?? ''
  if (!named.startsWith('/')) return null
  try {
    const path = realPathIfThere(named)
    return path !== null && statSync(path).isSocket() ? path : null
  } catch (error) {
    if (errorCode(error) === undefined) throw error
    return null
  }
}

/** @param workspace its real path. */
export function sshProblems(
  { ssh }: Config,
  origins: Origins,
  workspace: string,
  { env }: Pick<Host, 'env'>,
): readonly Diagnostic[] {
  if (ssh !== 'agent') return []
  const told = (code: string, summary: string, detail: string): Diagnostic[] => [
    diagnosticAt(origins, '/ssh', { severity: 'error', code, summary, detail }),
  ]
  const socket = sshSocket(env)
  if (socket === null) {
    const named = env.SSH_AUTH_SOCK ?? ''
    const where =
      named === '' ? 'SSH_AUTH_SOCK is not set.' : `There is no socket at ${named}, which SSH_AUTH_SOCK names.`
    return told(
      'resolve/no-ssh-agent',
      'There is no ssh agent',
      `${where} Start one (eval "$(ssh-agent)"), or leave "ssh" out.`,
    )
  }
  const owner = statSync(workspace, { throwIfNoEntry: false })?.uid
  const user = statSync(socket, { throwIfNoEntry: false })?.uid
  if (owner === undefined || user === undefined || owner === user || owner === 0) return []
  const detail =
    `The agent in the sandbox is user ${owner}, who owns ${workspace}, and your ssh agent answers user ${user} and root alone. ` +
    'Give the folder to that user, or leave "ssh" out.'
  return told('resolve/ssh-other-user', "The ssh agent is another user's", detail)
}
