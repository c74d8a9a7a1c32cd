// One function for each thing that is done to a container. By full id always: a name also matches the ids it begins.

import { setTimeout as delay } from 'node:timers/promises'
import type { ContainerInspectInfo } from 'dockerode'
import { fail } from '../model/diagnostic.js'
import type { StepResult } from '../model/engine.js'
import { canonicalJson } from '../model/json.js'
import type { ContainerRequest } from '../model/plan.js'
import type { Scope } from '../model/names.js'
import { attachmentOf } from './attachment.js'
import type { Client } from './client.js'
import { rethrow, statusOf } from './errors.js'
import { readFacts } from './facts.js'
import { decodeContainer } from './labels.js'
import { joinedNetworks, joinNetworks } from './joined-networks.js'
import { checkLimits } from './limits.js'
import { failNameTaken } from './name-taken.js'
import { isSigned, signature } from './signature.js'
import { socketSource } from './socket.js'
import { sshSource } from './ssh-socket.js'
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
  // The whole body would otherwise go into the URL as well.
  const signed = signature(client)
  const options = {
    _query: { name: request.name },
    _body: { ...body, Labels: { ...body.Labels, ...signed } },
  } as object
  let containerId: string
  try {
    containerId = (await client.docker.createContainer(options)).id
  } catch (error) {
    if (statusOf(error) !== 409) return rethrow(error, client.endpoint.url, `create the container ${request.name}`)
    const found = await existingContainer(client, scope, request)
    // One that something on the way asked for twice is this call's own, and has nothing in it yet.
    if (!isSigned(found.Config.Labels, signed)) return { containerId: found.Id, made: false }
    containerId = found.Id
  }
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

/** Our container of this name. While another call is still making it, the engine says it is not there. */
async function existingContainer(
  client: Client,
  scope: Scope,
  request: ContainerRequest,
): Promise<ContainerInspectInfo> {
  const { name } = request
  const deadline = Date.now() + 30_000
  for (;;) {
    const found = await inspectOrNull(client, name)
    if (found !== null && found.Name === `/${name}`) {
      const decoded = decodeContainer(scope, name, found.Config.Labels)
      if (decoded !== null && canonicalJson(decoded.spec) === canonicalJson(request.spec)) return found
      return failNameTaken(client, found)
    }
    if (Date.now() > deadline) {
      fail('engine/name-taken', 'A container that is not ours has the name of one', {
        detail: `The engine says that the name ${name} is in use, and has no such container. Restart the engine.`,
      })
    }
    await delay(50)
  }
}

export async function inspectOrNull(client: Client, idOrName: string): Promise<ContainerInspectInfo | null> {
  try {
    return await client.docker.getContainer(idOrName).inspect()
  } catch (error) {
    if (statusOf(error) === 404) return null
    return rethrow(error, client.endpoint.url, `look at the container ${idOrName}`)
  }
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
