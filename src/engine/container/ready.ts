import { setTimeout as delay } from 'node:timers/promises'
import { fail } from '../../model/diagnostic.js'
import type { Client } from '../connection/client.js'
import { statusOf } from '../connection/errors.js'
import { inspectOrNull } from '../connection/inspect.js'
import { canLookInto, isOfThisRun, readMark } from './readiness.js'

/** A home of a million files takes this long to change hands; whoever waits can interrupt. */
const limitInMilliseconds = 600_000

/**
 * Until the entrypoint has said that the sandbox can be used; at once where the engine cannot look into it, as in one whose
 * folder was moved while it runs. Throws `engine/interrupted` when aborted.
 */
export async function awaitReady(client: Client, id: string, signal?: AbortSignal): Promise<void> {
  const deadline = Date.now() + limitInMilliseconds
  for (let pause = 15; ; pause = Math.min(pause * 1.5, 250)) {
    if (signal?.aborted === true) fail('engine/interrupted', 'Interrupted', {}, 'interrupted')
    const found = await inspectOrNull(client, id)
    if (found === null)
      fail('engine/no-container', 'The container is gone', {
        detail: `The container ${id} was removed while it started.`,
      })
    if (!found.State.Running) {
      fail('engine/start-failed', 'The sandbox ended while it started', {
        detail: [`It ended with exit code ${found.State.ExitCode}. Its last words:`, await lastWords(client, id)].join(
          '\n',
        ),
      })
    }
    const mark = await readMark(client, id)
    if (isOfThisRun(mark, found.State) || (mark === null && !(await canLookInto(client, id)))) return
    if (Date.now() > deadline) {
      fail('engine/not-ready', 'The sandbox does not become ready', {
        detail: [`It was given ten minutes. Its last words:`, await lastWords(client, id)].join('\n'),
      })
    }
    await delay(pause)
  }
}

/** Of what a container wrote, the last ten lines. */
export async function lastWords(client: Client, id: string): Promise<string> {
  const options = { stdout: true, stderr: true, tail: 10, follow: false } as const
  try {
    const log = await client.docker.getContainer(id).logs(options)
    return withoutFrames(log).trimEnd()
  } catch (error) {
    // Some log drivers cannot be read back.
    if (statusOf(error) === undefined) throw error
    return '(this engine keeps no logs that can be read)'
  }
}

/** Both outputs in the order they came, without the eight bytes before each piece. */
function withoutFrames(log: Buffer): string {
  let text = ''
  for (let at = 0; at + 8 <= log.length; at += 8 + log.readUInt32BE(at + 4)) {
    text += log.subarray(at + 8, at + 8 + log.readUInt32BE(at + 4)).toString()
  }
  return text
}
