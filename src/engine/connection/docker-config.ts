// The folder of the docker command's own configuration, and the files in it.

import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { fail } from '../../model/diagnostic.js'
import { isEngineError } from './errors.js'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * A relative path would mean another folder in each project, and what lies there names programs to be run: a repository
 * could bring them. Throws `engine/docker-config-folder`.
 */
export function dockerConfigFolder(env: Environment): string {
  const named = env['DOCKER_CONFIG']
  if (!named) return join(env['HOME'] ?? homedir(), '.docker')
  if (isAbsolute(named)) return named
  return fail(
    'engine/docker-config-folder',
    'DOCKER_CONFIG is not an absolute path',
    {
      detail: `It says ${JSON.stringify(named)}, which is another folder in every project. Write the whole path.`,
    },
    'usage',
  )
}

export function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined
}

/** A member that is text and not empty. */
export function textMemberOf(value: unknown, key: string): string | undefined {
  const member = memberOf(value, key)
  return typeof member === 'string' && member !== '' ? member : undefined
}

/** Undefined where there is no such file. Throws `engine/docker-config`. */
export async function readDockerJson(path: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (isEngineError(error) && error.code === 'ENOENT') return undefined
    throw error
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    // Node's message quotes the text around the mistake, which can be a password.
    return fail(
      'engine/docker-config',
      'A file of the docker command cannot be read',
      { detail: `${path} is not JSON.` },
      'unreachable',
    )
  }
}
