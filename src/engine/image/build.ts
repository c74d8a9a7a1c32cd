// Images that are built, by BuildKit where that is the engine's own choice and by its classic builder elsewhere.

import type { Position } from '../../model/diagnostic.js'
import { fail } from '../../model/diagnostic.js'
import type { OnProgress } from '../../model/engine.js'
import type { BuildContext, ImageStep } from '../../model/template.js'
import { buildKitLog, classicLog, withoutColours, type FailedStep } from './build-log.js'
import { buildContextArchive } from './build-context.js'
import type { Client } from '../connection/client.js'
import { asError } from '../connection/errors.js'
import { imageId } from './images.js'
import { messages } from '../connection/messages.js'
import { parentReferences } from './parents.js'
import { pullImage } from './pull.js'

type Build = Extract<ImageStep, { do: 'build-image' }>

/** As SBX_BUILDER says it. */
export type Builder = 'buildkit' | 'classic'

export async function buildImage(
  client: Client,
  step: Build,
  said: Builder | null,
  onProgress: OnProgress,
): Promise<void> {
  // A tag names its content.
  if ((await imageId(client, step.tag)) === null) {
    // The builder would pull them too, but BuildKit only asks a registry for a client that keeps a session open with it,
    // and neither of them tells how far it is. What is there is taken as it is: no registry is asked about it.
    for (const reference of parentReferences(step.context)) {
      if ((await imageId(client, reference)) === null) await pullImage(client, reference, onProgress)
    }
    const builder = said ?? (await defaultBuilder(client))
    const stream = await client.call(`build ${step.tag}`, startBuild(client, step, builder))
    await followBuild(stream, step, builder, onProgress)
  }
  for (const alias of step.aliases) {
    const colon = alias.lastIndexOf(':')
    const hasTag = colon > alias.lastIndexOf('/')
    const [repo, tag] = hasTag ? [alias.slice(0, colon), alias.slice(colon + 1)] : [alias, 'latest']
    await client.call(`name ${step.tag} ${alias}`, client.docker.getImage(step.tag).tag({ repo, tag }))
  }
}

/** Docker has said since version 23 that it is BuildKit. One GET. */
async function defaultBuilder(client: Client): Promise<Builder> {
  const answer = await client.call('ask for its builder', dial(client, { path: '/_ping', method: 'GET' }))
  answer.resume()
  return answer.headers['builder-version'] === '2' ? 'buildkit' : 'classic'
}

/**
 * With its archive in the call, a build by BuildKit needs no session: nothing is asked of the client while it goes on.
 * dockerode's own call would open one all the same.
 */
function startBuild(client: Client, { tag, context }: Build, builder: Builder): Promise<IncomingAnswer> {
  return dial(client, {
    path: '/build?',
    method: 'POST',
    file: buildContextArchive(context),
    options: {
      ...{ t: tag, dockerfile: context.dockerfile, buildargs: context.buildArgs, labels: context.labels },
      ...(builder === 'buildkit' ? { version: '2' } : { rm: true, forcerm: true }),
    },
  })
}

type IncomingAnswer = NodeJS.ReadableStream & { readonly headers: Readonly<Record<string, string | undefined>> }

type DialOptions = {
  readonly path: string
  readonly method: 'GET' | 'POST'
  readonly file?: NodeJS.ReadableStream
  readonly options?: object
}

/** A call of the engine whose answer is read as it comes. */
function dial(client: Client, call: DialOptions): Promise<IncomingAnswer> {
  return new Promise((resolve, reject) => {
    client.docker.modem.dial(
      { ...call, isStream: true, statusCodes: { 200: true, 500: 'server error' } },
      (error: unknown, answer: unknown) => {
        if (error === null) resolve(answer as IncomingAnswer)
        else reject(asError(error))
      },
    )
  })
}

async function followBuild(
  stream: NodeJS.ReadableStream,
  { tag, context }: Build,
  builder: Builder,
  onProgress: OnProgress,
): Promise<void> {
  const log = builder === 'buildkit' ? buildKitLog() : classicLog()
  for await (const message of messages(stream)) {
    for (const line of log.read(message)) onProgress(line)
    if (message.error === undefined) continue
    const failed = log.failed()
    fail('engine/build-failed', 'The image cannot be built', {
      detail: [`${tag} failed at: ${failed.instruction}`, ...failed.lines, withoutColours(message.error)].join('\n'),
      at: positionOf(failed, context, builder),
    })
  }
}

/**
 * The builders count steps in their own ways, but both say how many there are: so from the last one. The classic builder
 * has a step more for each label.
 */
function positionOf(
  { instruction }: FailedStep,
  { lastLines = [], labels }: BuildContext,
  builder: Builder,
): Position | undefined {
  const [, step, steps] = /^Step (\d+)\/(\d+) : RUN /.exec(instruction) ?? []
  const added = builder === 'classic' ? Object.keys(labels).length : 0
  return lastLines[lastLines.length - 1 - (Number(steps) - added - Number(step))]
}
