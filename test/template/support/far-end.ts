// The far end of a pipe as a process beside the test.

import { spawn } from 'node:child_process'
import { finished } from 'node:stream/promises'
import type { FarEnd, Service } from '../../../src/template/git-pipe.js'

/** `command` of the service; git's own in this repository where only a path is given. */
export function farEnd(command: string | ((service: Service) => readonly string[])): FarEnd {
  return async (service, { input, output }, signal) => {
    const [program = '', ...args] = typeof command === 'string' ? ['git', service, command] : command(service)
    const env = { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' }
    const child = spawn(program, args, { env, stdio: 'pipe', detached: true })
    const end = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch (error) {
        // It has ended, and nothing of it is left.
        if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
      }
    }
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
    const errors: Buffer[] = []
    child.stderr.on('data', (piece: Buffer) => errors.push(piece))
    child.stdin.on('error', () => undefined)
    input.pipe(child.stdin)
    child.stdout.pipe(output)
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => resolve(code ?? 137))
    })
    await finished(child.stderr)
    signal.removeEventListener('abort', end)
    if (signal.aborted) throw new Error('ended from here')
    return { exitCode, stderr: Buffer.concat(errors).toString() }
  }
}
