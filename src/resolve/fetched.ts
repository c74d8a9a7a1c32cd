// What sbx has put on branches of a repository on this machine, a file for each sandbox in the user's state folder: what it put
// there itself it may replace.

import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isRecord } from '../model/json.js'
import { isAbsent } from './read.js'
import { replaceFile } from './replace-file.js'

/** Ids by full name of the branch; two while one is on its way there. */
export type FetchedTips = Readonly<Record<string, readonly string[]>>

type Subject = {
  /** Of the sandbox. */
  readonly id: string
  /** Top of the repository. */
  readonly repository: string
}

const format = 1
/** Of one branch. */
const mostTips = 2

/** Nothing where nothing is remembered of this repository, or it cannot be read. */
export async function readFetched(stateFolder: string, { id, repository }: Subject): Promise<FetchedTips> {
  const stored = await storedIn(fileOf(stateFolder, id))
  if (stored === null || stored['repository'] !== repository) return {}
  const { branches } = stored
  if (!isRecord(branches)) return {}
  return Object.fromEntries(
    Object.entries(branches).map(([ref, ids]) => [
      ref,
      Array.isArray(ids) ? ids.filter((each): each is string => typeof each === 'string') : [],
    ]),
  )
}

/** Id of a sandbox that sbx has put this commit on this branch of; null where nothing says so. */
export async function fetchedOf(stateFolder: string, ref: string, tip: string): Promise<string | null> {
  for (const name of await filesIn(folderIn(stateFolder))) {
    const stored = await storedIn(join(folderIn(stateFolder), name))
    const tips = stored === null || !isRecord(stored.branches) ? undefined : stored.branches[ref]
    if (Array.isArray(tips) && tips.includes(tip)) return name.slice(0, -'.json'.length)
  }
  return null
}

async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => /^[a-z0-9-]+\.json$/.test(name)).sort()
  } catch (error) {
    if (isAbsent(error)) return []
    throw error
  }
}

/** Null where nothing is, or nothing that sbx wrote. */
async function storedIn(file: string): Promise<Readonly<Record<string, unknown>> | null> {
  try {
    const stored: unknown = JSON.parse(await readFile(file, 'utf8'))
    return isRecord(stored) && stored['format'] === format ? stored : null
  } catch (error) {
    if (isAbsent(error) || error instanceof SyntaxError) return null
    throw error
  }
}

/** Adds the newest, and forgets what is older than the one before it. */
export async function rememberFetched(
  stateFolder: string,
  subject: Subject,
  moved: ReadonlyMap<string, string>,
): Promise<void> {
  const known = await readFetched(stateFolder, subject)
  const newer = [...moved].map(([ref, id]) => {
    const before = (known[ref] ?? []).filter((each) => each !== id)
    return [ref, [...before, id].slice(-mostTips)] as const
  })
  const branches = { ...known, ...Object.fromEntries(newer) }
  await mkdir(folderIn(stateFolder), { recursive: true, mode: 0o700 })
  const text = `${JSON.stringify({ format, repository: subject.repository, branches }, null, 2)}\n`
  await replaceFile(fileOf(stateFolder, subject.id), text)
}

function folderIn(stateFolder: string): string {
  return join(stateFolder, 'clones')
}

function fileOf(stateFolder: string, id: string): string {
  return join(folderIn(stateFolder), `${id}.json`)
}
