// One function for each thing that is done to a container. By full id always: a name also matches the ids it begins.

import { setTimeout as delay } from 'node:timers/promises'
import type { ContainerInspectInfo } from 'dockerode'
import type { StepResult } from '../../model/engine.js'
import { canonicalJson } from '../../model/json.js'
import type { ContainerRequest } from '../../model/plan.js'
import type { Scope } from '../../model/names.js'
import { attachmentOf } from '../network/attachment.js'
import type { Client } from '../connection/client.js'
import { createOrFind } from './create-or-find.js'
import { rethrow, statusOf } from '../connection/errors.js'
import { readFacts } from '../connection/facts.js'
import { decodeContainer } from '../labels/labels.js'
import { inspectOrNull } from '../connection/inspect.js'
import { joinedNetworks, joinNetworks } from '../network/joined-networks.js'
import { checkLimits } from './limits.js'
import { failNameTaken } from './name-taken.js'
import { isSigned, signature } from '../labels/signature.js'
import { socketSource } from '../connection/socket.js'
import { sshSource } from '../connection/ssh-socket.js'
import { createBody } from './translate.js'

/** What containers get of this machine without their specs saying what it is; null where there is none. */
export type OfHost = { readonly certificates: string | null; readonly sshSocket: string | null }

/** What is there already under the same name is the same container, or an error. */
export async function createContainer(
  client: Client,
  scope: Scope,
  request: ContainerRequest,
  { certificates, sshSocket }: OfHost,
): Promise<StepResult> {
  const { spec } = request
  const sockets = {
    engine: spec.socket === 'host' ? await socketSource(client.endpoint) : '',
    ssh: sshSource(spec, client.endpoint, sshSocket),
  }
  const joined = await joinedNetworks(client, Object.keys(spec.networks ?? {}))
  const facts = await readFacts(client)
  checkLimits(request.resources, facts)
  const body = createBody(request, {
    ...{ scope, facts },
    network: await attachmentOf(client, scope, request),
    sockets,
  })
  const signed = signature(client)
  const labelled = { ...body, Labels: { ...body.Labels, ...signed } }
  const made = await createOrFind(client, request.name, labelled, `create the container ${request.name}`)
  const containerId = 'id' in made ? made.id : await oursOf(client, scope, request, made.found)
  // One that something on the way asked for twice is this call's own, and has nothing in it yet.
  if ('found' in made && !isSigned(made.found.Config.Labels, signed)) return { containerId, made: false }
  try {
    await joinNetworks(client, containerId, joined)
    if (certificates !== null) {
      const { putCertificates } = await import('./certificates.js')
      await putCertificates(client, containerId, certificates)
    }
  } catch (error) {
    // Half made and under a name that the next apply would take as whole.
    await removeContainer(client, containerId)
    throw error
  }
  return { containerId, made: true }
}

/** The id of what has its name, where it is the same container. */
async function oursOf(
  client: Client,
  scope: Scope,
  { name, spec }: ContainerRequest,
  found: ContainerInspectInfo,
): Promise<string> {
  const decoded = decodeContainer(scope, name, found.Config.Labels)
  if (decoded !== null && canonicalJson(decoded.spec) === canonicalJson(spec)) return found.Id
  return failNameTaken(client, found)
}

/** A start of what runs the engine answers with 304, as it does a stop of what does not. */
export async function unlessAlready(client: Client, doing: string, call: Promise<unknown>): Promise<StepResult> {
  try {
    await call
    return { made: true }
  } catch (error) {
    if (statusOf(error) === 304) return { made: false }
    return rethrow(error, client.endpoint.url, doing)
  }
}

/**
 * One that was made and never started may come from an apply that died before it had given it the certificates; `isWhole`
 * says that it does not.
 */
export async function startContainer(
  client: Client,
  id: string,
  certificates: string | null = null,
  isWhole = false,
): Promise<StepResult> {
  if (certificates !== null && !isWhole && (await inspectOrNull(client, id))?.State.Status === 'created') {
    const { putCertificates } = await import('./certificates.js')
    await putCertificates(client, id, certificates)
  }
  return unlessAlready(client, 'start the sandbox', client.docker.getContainer(id).start())
}

/** The entrypoint gives sessions five seconds to end. */
export async function stopContainer(client: Client, id: string): Promise<StepResult> {
  return stopUnlessGone(client, id, 'stop the sandbox', 10)
}

/** One that is gone does not run either. That it is gone is looked at, since another is started on the word of it. */
export async function stopUnlessGone(client: Client, id: string, doing: string, seconds: number): Promise<StepResult> {
  try {
    await client.docker.getContainer(id).stop({ t: seconds })
    return { made: true }
  } catch (error) {
    if (statusOf(error) === 304) return { made: false }
    if (statusOf(error) === 404 && (await inspectOrNull(client, id)) === null) return { made: false }
    return rethrow(error, client.endpoint.url, doing)
  }
}

export async function unpauseContainer(client: Client, id: string): Promise<StepResult> {
  try {
    await client.docker.getContainer(id).unpause()
    return { made: true }
  } catch (error) {
    // What is not paused is refused, in other words and numbers from one engine to the next.
    const found = statusOf(error) === undefined ? null : await inspectOrNull(client, id)
    if (found?.State.Status === 'running') return { made: false }
    return rethrow(error, client.endpoint.url, 'let the sandbox go on')
  }
}

/** Anonymous volumes, which an image may ask for, go with it. `force` is for one that may run. */
export async function removeContainer(
  client: Client,
  id: string,
  { force = false }: { readonly force?: boolean } = {},
): Promise<StepResult> {
  try {
    await client.docker.getContainer(id).remove({ v: true, ...(force ? { force } : {}) })
    return { made: true }
  } catch (error) {
    if (statusOf(error) === 404) return { made: false }
    if (statusOf(error) !== 409 || !/already in progress/.test(String(error))) {
      rethrow(error, client.endpoint.url, 'remove a container')
    }
    while ((await inspectOrNull(client, id)) !== null) await delay(50)
    return { made: false }
  }
}
