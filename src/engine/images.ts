// Images: there or not, pulled, built.

import type { ImageStep } from '../model/template.js'
import { fail } from '../model/diagnostic.js'
import type { OnProgress, StepResult } from '../model/engine.js'
import type { Client } from './client.js'
import { isEngineError, reasonOf, rethrow, statusOf } from './errors.js'

/** Full id, null where the engine does not have it. One GET. */
export async function imageId(client: Client, reference: string): Promise<string | null> {
  try {
    return (await client.docker.getImage(reference).inspect()).Id
  } catch (error) {
    if (statusOf(error) === 404) return null
    return rethrow(error, client.endpoint.url, `look at the image ${reference}`)
  }
}

/** One GET to the engine, which asks the registry. */
export async function checkPullable(client: Client, reference: string): Promise<void> {
  try {
    await client.docker.getImage(reference).distribution()
  } catch (error) {
    if (!isEngineError(error) || error.statusCode === undefined) {
      rethrow(error, client.endpoint.url, `ask a registry about ${reference}`)
    }
    failToPull(reference, reasonOf(error))
  }
}

/** One GET to the engine, which asks the registry; null where that does not have the image. */
export async function resolveDigest(client: Client, reference: string): Promise<string | null> {
  try {
    const found: unknown = await client.docker.getImage(reference).distribution()
    return (found as { readonly Descriptor: { readonly digest: string } }).Descriptor.digest
  } catch (error) {
    if (statusOf(error) === 404) return null
    if (!isEngineError(error) || error.statusCode === undefined) {
      rethrow(error, client.endpoint.url, `ask a registry about ${reference}`)
    }
    return failToPull(reference, reasonOf(error))
  }
}

export async function doImageStep(client: Client, step: ImageStep, onProgress: OnProgress): Promise<void> {
  switch (step.do) {
    case 'pull-image':
      return pullImage(client, step.reference, onProgress)
    case 'build-image':
      return buildImage(client, step, onProgress)
  }
}

export async function removeImage(client: Client, reference: string): Promise<StepResult> {
  try {
    await client.docker.getImage(reference).remove()
    return { made: true }
  } catch (error) {
    if (statusOf(error) === 404) return { made: false }
    return rethrow(error, client.endpoint.url, `remove the image ${reference}`)
  }
}

async function pullImage(client: Client, reference: string, onProgress: OnProgress): Promise<void> {
  const { docker, endpoint } = client
  let stream: NodeJS.ReadableStream
  try {
    stream = await docker.createImage({ _query: { fromImage: withTag(reference) }, _body: {} })
  } catch (error) {
    if (!isEngineError(error) || error.statusCode === undefined)
      return rethrow(error, endpoint.url, `pull ${reference}`)
    return failToPull(reference, reasonOf(error))
  }
  // One line for each layer and state: the engine sends a hundred for each of them, with the bytes done.
  const shown = new Set<string>()
  for await (const { status, id, error } of messages(stream)) {
    if (error !== undefined) failToPull(reference, error)
    const line = id === undefined ? status : `${id}: ${status}`
    if (status === undefined || line === undefined || shown.has(line)) continue
    shown.add(line)
    onProgress(line)
  }
}

/** Without a tag or digest the engine would pull all there are. */
export function withTag(reference: string): string {
  const name = reference.slice(reference.lastIndexOf('/') + 1)
  return name.includes(':') || name.includes('@') ? reference : `${reference}:latest`
}

function failToPull(reference: string, reason: string): never {
  const unreachable = /no such host|connection refused|timeout|i\/o|network is unreachable|dial tcp/i.test(reason)
  fail('engine/cannot-pull', 'The image cannot be pulled', {
    detail: unreachable
      ? `${reference} is not on this engine, and its registry cannot be reached.\nThe engine said: ${reason}`
      : `No registry gives ${reference}: the name or tag is wrong, or it needs a login.\nThe engine said: ${reason}`,
  })
}

async function buildImage(
  client: Client,
  step: Extract<ImageStep, { do: 'build-image' }>,
  onProgress: OnProgress,
): Promise<void> {
  const { docker } = client
  // A tag names its content.
  if ((await imageId(client, step.tag)) === null) {
    const { context } = step
    const { buildContextArchive } = await import('./build-context.js')
    const stream = await client.call(
      `build ${step.tag}`,
      docker.buildImage(buildContextArchive(context), {
        t: step.tag,
        dockerfile: context.dockerfile,
        buildargs: context.buildArgs,
        labels: context.labels,
        rm: true,
        forcerm: true,
      }),
    )
    await followBuild(stream, step.tag, onProgress)
  }
  for (const alias of step.aliases) {
    const colon = alias.lastIndexOf(':')
    const hasTag = colon > alias.lastIndexOf('/')
    const [repo, tag] = hasTag ? [alias.slice(0, colon), alias.slice(colon + 1)] : [alias, 'latest']
    await client.call(`name ${step.tag} ${alias}`, docker.getImage(step.tag).tag({ repo, tag }))
  }
}

const linesOfFailure = 20

async function followBuild(stream: NodeJS.ReadableStream, tag: string, onProgress: OnProgress): Promise<void> {
  let instruction = 'reading the Dockerfile'
  let output: string[] = []
  for await (const message of messages(stream)) {
    for (const line of withoutColours(message.stream ?? message.status ?? '').split(/\r?\n|\r/)) {
      if (line.trim() === '') continue
      if (/^Step \d+\/\d+ : /.test(line)) {
        instruction = line
        output = []
      } else {
        output.push(line)
        if (output.length > linesOfFailure) output.shift()
      }
      onProgress(line)
    }
    if (message.error !== undefined) {
      const said = message.error
      const lastLines = output.filter((line) => !/^ ---> |^Removing intermediate container /.test(line))
      fail('engine/build-failed', 'The image cannot be built', {
        detail: [`${tag} failed at: ${instruction}`, ...lastLines, withoutColours(said)].join('\n'),
      })
    }
  }
}

/** The builder shows error output in red. */
function withoutColours(text: string): string {
  return text.replaceAll(/\u001b\[[0-9;]*m/g, '')
}

type Message = {
  readonly stream?: string
  readonly status?: string
  readonly id?: string
  readonly error?: string
}

/** The JSON lines of a long call. */
async function* messages(stream: NodeJS.ReadableStream): AsyncGenerator<Message> {
  let rest = ''
  stream.setEncoding('utf8')
  for await (const chunk of stream) {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as Message
  }
  if (rest.trim() !== '') yield JSON.parse(rest) as Message
}
