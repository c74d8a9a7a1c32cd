// Whether a container that runs has come to where it can be used: its entrypoint leaves a mark.

import { setTimeout as delay } from 'node:timers/promises'
import type { LiveContainer } from '../../model/live.js'
import type { Client } from '../connection/client.js'
import { lastFile, readyFile } from '../labels/entrypoint.js'
import { statIfSeen, type PathStat } from '../archive/path-stat.js'
import { compareTimes } from '../connection/times.js'

const doing = 'see whether the sandbox is ready'

/** As inspect has them. */
type Run = { readonly StartedAt: string; readonly FinishedAt: string }

/**
 * What was said at an earlier start does not count, so a mark must be newer than the end of the last run. (Not than
 * StartedAt: the engine notes that time once the start call returns, and a quick entrypoint is done before. But where the
 * clock was set back meanwhile, the start is the earlier of the two.)
 */
export function isOfThisRun(mark: PathStat | null, { StartedAt, FinishedAt }: Run): boolean {
  const since = compareTimes(StartedAt, FinishedAt) < 0 ? StartedAt : FinishedAt
  return mark !== null && compareTimes(mark.modifiedAt, since) > 0
}

/** One HEAD, while it is not known whether the container runs at all. */
export function readMark(client: Client, id: string): Promise<PathStat | null> {
  return statIfSeen(client, id, readyFile, doing)
}

/** Not where the source of one of its mounts is gone. One HEAD. */
export async function canLookInto(client: Client, id: string): Promise<boolean> {
  return (await statIfSeen(client, id, '/', doing)) !== null
}

/**
 * Of a container that runs. No call more where the mark is there. Where it is not, the entrypoint may not be that far, or
 * it was and the mark was taken away since: it is written right after another file, and never again before the next start.
 */
export async function readinessOf(
  client: Client,
  id: string,
  run: Run,
  mark: PathStat | null,
): Promise<LiveContainer['readiness']> {
  if (isOfThisRun(mark, run)) return 'ready'
  if (!(await canLookInto(client, id))) return null
  if (!isOfThisRun(await statIfSeen(client, id, lastFile, doing), run)) return 'starting'
  await delay(betweenTheTwo)
  return isOfThisRun(await readMark(client, id), run) ? 'ready' : 'lost'
}

/** In milliseconds: far longer than a shell needs from one file to the next. */
const betweenTheTwo = 500
