// Programs that keep a user's registry logins, as the docker command calls them: `docker-credential-<name> get`, the
// registry on standard input, JSON on standard output. They are named in the user's own docker config file.

import { spawn } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fail } from '../../model/diagnostic.js'
import { textMemberOf, type Environment } from './docker-config.js'

/** In the names of the engine's API. */
export type RegistryLogin =
  | { readonly username: string; readonly password: string }
  | { readonly identitytoken: string }
  | { readonly registrytoken: string }

/** Null where the helper keeps none for this registry. Throws `engine/credential-helper`; never with what it keeps. */
export async function askCredentialHelper(
  name: string,
  registry: string,
  env: Environment,
): Promise<RegistryLogin | null> {
  const program = `docker-credential-${name}`
  const { exitCode, stdout, stderr } = await runHelper(await findProgram(name, program, env), registry, env)
  if (exitCode !== 0) {
    // Helpers write their errors to standard output, and this is what they say by agreement where there is no login.
    const said = `${stdout}\n${stderr}`
    if (said.includes('credentials not found in native keychain')) return null
    return failHelper(program, `exits ${exitCode ?? 'by a signal'} when asked for the login of ${registry}`, stderr)
  }
  const answer = parse(stdout)
  const username = textMemberOf(answer, 'Username')
  const secret = textMemberOf(answer, 'Secret')
  if (username === undefined || secret === undefined) {
    return failHelper(program, `gives no user name and secret for ${registry}`, stderr)
  }
  return username === '<token>' ? { identitytoken: secret } : { username, password: secret }
}

/**
 * Absolute path. Only in the folders of PATH that are absolute themselves: the others are beneath the project, where
 * somebody else may have put a program of that name.
 */
async function findProgram(name: string, program: string, env: Environment): Promise<string> {
  const folders = /^[\w.-]+$/.test(name) ? (env['PATH'] ?? '').split(delimiter).filter(isAbsolute) : []
  for (const folder of folders) {
    const path = join(folder, program)
    if (await isExecutable(path)) return path
  }
  return failHelper(program, 'is named in the docker config file and is not on the PATH', '')
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

type Ended = { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }

async function runHelper(path: string, registry: string, env: Environment): Promise<Ended> {
  const child = spawn(path, ['get'], { cwd: '/', env: { ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  // One that ends without reading breaks the pipe; its exit code says more.
  child.stdin.on('error', () => undefined)
  child.stdin.end(registry)
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  return { exitCode, stdout, stderr }
}

function parse(output: string): unknown {
  try {
    return JSON.parse(output)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Standard output is never shown: a secret may be in it. */
function failHelper(program: string, problem: string, stderr: string): never {
  const said = stderr.trim().slice(-500)
  return fail('engine/credential-helper', 'A credential helper failed', {
    detail:
      `${program} ${problem}.${said === '' ? '' : `\nIt said: ${said}`}\n` +
      'Mend it, or take it out of `credsStore` and `credHelpers` in the docker config file and log in again.',
  })
}
