// Images from a registry: asked about, pulled. The engine asks; the user's own login goes along.

import { fail } from '../../model/diagnostic.js'
import type { OnProgress } from '../../model/engine.js'
import type { Client } from '../connection/client.js'
import { isEngineError, reasonOf, rethrow, statusOf } from '../connection/errors.js'
import { messages } from '../connection/messages.js'
import { registryKey } from '../connection/registry-auth.js'
import { transferOf } from './transfer.js'

/** Throws `engine/cannot-pull` where the registry does not give it. One GET to the engine. */
export async function checkPullable(client: Client, reference: string): Promise<void> {
  if ((await resolveDigest(client, reference)) === null) failToPull(reference, 'manifest unknown', false)
}

/** Null where the registry answers that it has no such image. One GET to the engine. */
export async function resolveDigest(client: Client, reference: string): Promise<string | null> {
  const header = await client.registryAuth(reference)
  try {
    const found: unknown = await client.docker
      .getImage(reference)
      .distribution(header === null ? {} : { authconfig: { base64: header } })
    return (found as { readonly Descriptor: { readonly digest: string } }).Descriptor.digest
  } catch (error) {
    if (statusOf(error) === 404) return null
    if (!isEngineError(error) || error.statusCode === undefined) {
      return rethrow(error, client.endpoint.url, `ask a registry about ${reference}`)
    }
    return failToPull(reference, reasonOf(error), header !== null)
  }
}

export async function pullImage(client: Client, reference: string, onProgress: OnProgress): Promise<void> {
  const { docker, endpoint } = client
  const header = await client.registryAuth(reference)
  const query = { _query: { fromImage: withTag(reference) }, _body: {} }
  let stream: NodeJS.ReadableStream
  try {
    stream = await (header === null ? docker.createImage(query) : docker.createImage({ base64: header }, query))
  } catch (error) {
    if (!isEngineError(error) || error.statusCode === undefined)
      return rethrow(error, endpoint.url, `pull ${reference}`)
    return failToPull(reference, reasonOf(error), header !== null)
  }
  // A line for each layer and state; between them the engine tells a hundred times how far it is.
  const shown = new Set<string>()
  const follow = transferOf()
  for await (const message of messages(stream)) {
    const { status, id, error } = message
    if (error !== undefined) failToPull(reference, error, header !== null)
    if (status === undefined) continue
    const line = id === undefined ? status : `${id}: ${status}`
    if (!shown.has(line)) onProgress(line)
    shown.add(line)
    const transfer = follow(message)
    if (transfer !== null) onProgress(transfer)
  }
}

/** Without a tag or digest the engine would pull all there are. */
function withTag(reference: string): string {
  const name = reference.slice(reference.lastIndexOf('/') + 1)
  return name.includes(':') || name.includes('@') ? reference : `${reference}:latest`
}

function failToPull(reference: string, reason: string, hasLogin: boolean): never {
  const { why, command } = explain(reference, reason, hasLogin)
  fail('engine/cannot-pull', 'The image cannot be pulled', {
    detail: `${why}\nThe engine said: ${reason}`,
    ...(command === undefined ? {} : { command }),
  })
}

function explain(
  reference: string,
  reason: string,
  hasLogin: boolean,
): { readonly why: string; readonly command?: string } {
  if (/no such host|connection refused|timeout|i\/o|network is unreachable|dial tcp/i.test(reason)) {
    return { why: `${reference} is not on this engine, and its registry cannot be reached.` }
  }
  if (!/unauthori[sz]ed|denied|no basic auth credentials|authentication required|incorrect username/i.test(reason)) {
    return { why: `No registry gives ${reference}: the name or tag is wrong, or it needs a login.` }
  }
  const registry = registryKey(reference)
  const isHub = registry.startsWith('https://')
  return {
    why: hasLogin
      ? `${isHub ? 'Docker Hub' : registry} does not give ${reference} with the login that the docker config file has for it.`
      : `${reference} needs a login, or there is no such image; the docker config file has no login for ${isHub ? 'Docker Hub' : registry}.`,
    command: isHub ? 'docker login' : `docker login ${registry}`,
  }
}
