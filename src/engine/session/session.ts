// Commands that run inside: what each is started with, and how a session is told to end.

import type { ExecCreateOptions } from 'dockerode'
import { agentHome } from '../../model/names.js'
import endScript from './end-session.sh'
import sessionScript from './session.sh'

/**
 * Pressed in this order they would end the session from the engine's side. The engine's own keys begin with Ctrl-P, which
 * shells and editors need; no program knows this sequence, and its first key is the rarest there is.
 */
const detachKeys = 'ctrl-^,ctrl-@,ctrl-^,ctrl-@,ctrl-^'

export type CommandOptions = {
  readonly argv: readonly string[]
  readonly user: 'agent' | 'root'
  /** Names the session, so that it can be told to end; null for a command that ends by itself. */
  readonly sessionId: string | null
  readonly env: Readonly<Record<string, string>>
  readonly workingFolder: string | null
  readonly isTerminal: boolean
  readonly takesInput: boolean
  readonly size: { readonly columns: number; readonly rows: number } | null
}

/**
 * HOME, USER and LOGNAME are always set: where several users share a number, the engine takes the first one's home.
 * Env is in no inspect; arguments are.
 */
export function execOptions(options: CommandOptions): ExecCreateOptions & { ConsoleSize?: [number, number] } {
  const { argv, user, sessionId, env, workingFolder, isTerminal, takesInput, size } = options
  const own = { HOME: user === 'agent' ? agentHome : '/root', USER: user, LOGNAME: user }
  return {
    Cmd: ['/bin/sh', '-c', sessionScript, 'sbx', sessionId ?? '', ...argv],
    User: user === 'agent' ? 'agent' : '0:0',
    Env: Object.entries({ ...own, ...env }).map(([name, value]) => `${name}=${value}`),
    ...(workingFolder === null ? {} : { WorkingDir: workingFolder }),
    AttachStdin: takesInput,
    AttachStdout: true,
    AttachStderr: true,
    Tty: isTerminal,
    DetachKeys: detachKeys,
    // Engines from 23 on give the terminal its size before the first line is written.
    ...(size === null ? {} : { ConsoleSize: [size.rows, size.columns] as [number, number] }),
  }
}

/** What was to be run, of the arguments of an exec that `execOptions` made; of any other all of them. */
export function wrappedArguments(argv: readonly string[]): readonly string[] {
  return argv[0] === '/bin/sh' && argv[2] === sessionScript ? argv.slice(5) : argv
}

export function endSessionOptions(sessionId: string): ExecCreateOptions {
  return {
    Cmd: ['/bin/sh', '-c', endScript, 'sbx', sessionId],
    User: '0:0',
    AttachStdin: false,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
  }
}
