// Contexts of the docker command, read from its folder: `contexts/meta/<sha256 of the name>/meta.json`, and certificates
// under `contexts/tls/<the same>/docker`.

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { fail } from '../../model/diagnostic.js'
import { memberOf, readDockerJson, textMemberOf } from './docker-config.js'
import { readTls, type Tls } from './tls.js'

export type DockerContext = { readonly host: string; readonly tls: Tls | null }

/** What `docker context use` chose; null where nothing was. */
export async function readCurrentContext(configFolder: string): Promise<string | null> {
  return textMemberOf(await readDockerJson(join(configFolder, 'config.json')), 'currentContext') ?? null
}

/** Throws `engine/no-such-context`. */
export async function readContext(configFolder: string, name: string): Promise<DockerContext> {
  const id = createHash('sha256').update(name).digest('hex')
  const meta = await readDockerJson(join(configFolder, 'contexts', 'meta', id, 'meta.json'))
  const endpoint = memberOf(memberOf(meta, 'Endpoints'), 'docker')
  const host = textMemberOf(endpoint, 'Host')
  if (host === undefined) {
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
