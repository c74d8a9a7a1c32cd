// The ssh agent that a sandbox was started with, which is a socket of this machine, and goes when the user's session does.

import { statSync } from 'node:fs'
import type { Engine } from '../../model/engine.js'
import { isAlive, type LiveSandbox } from '../../model/live.js'
import { containerInUse } from '../../plan/in-use.js'
import type { PlanOptions } from '../../plan/situation.js'

/** Of one that runs, and so has what was there at its start: a socket that was made since is another agent's. */
export function sshAgentMoved(
  { containers }: Pick<LiveSandbox, 'containers'>,
  { endpoint }: Pick<Engine, 'endpoint'>,
): Pick<PlanOptions, 'sshSocketMoved'> {
  const current = containerInUse(containers)
  if (current?.sshSocket === undefined || !isAlive(current) || !endpoint.startsWith('unix:')) return {}
  const socket = statSync(current.sshSocket, { throwIfNoEntry: false })
  const isThere = socket?.isSocket() === true && socket.ctimeMs <= Date.parse(current.startedAt ?? '')
  return isThere ? {} : { sshSocketMoved: true }
}
