// Contexts of the docker command, read from its folder: `contexts/meta/<sha256 of the name>/meta.json`, and certificates
// under `contexts/tls/<the same>/docker`.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fail } from '../model/diagnostic.js'
import { isEngineError } from './errors.js'
import { readTls, type Tls } from './tls.js'

export type DockerContext = { readonly host: string; readonly tls: Tls | null }

/** What `docker context use` chose; null where nothing was. */
export async function readCurrentContext(configFolder: string): Promise<string | null> {
  const file = join(configFolder, 'config.json')
  const config = await readJson(file)
  const name = memberOf(config, 'currentContext')
  return typeof name === 'string' && name !== '' ? name : null
}

/** Throws `engine/no-such-context`. */
export async function readContext(configFolder: string, name: string): Promise<DockerContext> {
  const id = createHash('sha256').update(name).digest('hex')
  const meta = await readJson(join(configFolder, 'contexts', 'meta', id, 'meta.json'))
  const endpoint = memberOf(memberOf(meta, 'Endpoints'), 'docker')
  const host = memberOf(endpoint, 'Host')
  if (typeof host !== 'string' || host === '') {
    fail(
      'engine/no-such-context',
      'There is no such docker context',
      {
        detail: `${name} is not under ${join(configFolder, 'contexts')}. See those there are:`,
        command: 'docker context ls',
      },
      'unreachable',
    )
  }
  const folder = join(configFolder, 'contexts', 'tls', id, 'docker')
  const skipsVerify = memberOf(endpoint, 'SkipTLSVerify') === true
  const tls = await readTls(folder, !skipsVerify)
  const hasTls = tls.ca !== undefined || tls.cert !== undefined || skipsVerify
  return { host, tls: hasTls ? tls : null }
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
}

/** Undefined where there is no such file. */
async function readJson(path: string): Promise<unknown> {
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
    return fail(
      'engine/docker-config',
      'A file of the docker command cannot be read',
      {
        detail: `${path} is not JSON: ${error.message}.`,
      },
      'unreachable',
    )
  }
}
