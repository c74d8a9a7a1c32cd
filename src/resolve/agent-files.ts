// Files of this machine that an agent's sessions begin with. They can lie where an agent writes, so that nothing is read
// through a link, and what is read is bounded.

import { createHash } from 'node:crypto'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config, Origins } from '../model/config.js'
import type { Diagnostic } from '../model/diagnostic.js'
import { pointer } from '../model/json.js'
import type { Policy } from '../model/policy.js'
import type { RecordSpec } from '../model/spec.js'
import type { AgentDescriptor } from '../model/template.js'
import { readBounded } from './bounded-file.js'
import { hiddenIdentities } from './hidden-state.js'
import type { Host } from './host.js'
import { diagnosticAt } from './origins.js'
import { areInEachOther, isBeneath } from './paths.js'
import { mountRefusal } from './protected-paths.js'
import { errorCode, realPathIfThere } from './read.js'

const none: ReadonlySet<string> = new Set()

/** Of one entry of `agent.files`; in bytes. */
const most = { files: 1000, folders: 1000, bytes: 16 * 1024 * 1024 }

/** One file, by its path in what was named, which is `''` itself. */
export type LaidFile = { readonly path: string; readonly isExecutable: boolean; readonly content: Buffer }

export type LaidFiles = { readonly files: readonly LaidFile[]; readonly digest: string }

export type AgentFiles = {
  readonly record: Pick<RecordSpec, 'files'>
  /** Those that the sandbox does not have by itself, by target: their real path. */
  readonly foreign: Readonly<Record<string, string>>
  readonly problems: readonly Diagnostic[]
}

export const noFiles = { code: 'resolve/agent-files', summary: 'Files for the agent cannot be had' } as const

/** @param workspace its real path. */
export async function resolveAgentFiles(
  config: Config,
  origins: Origins,
  workspace: string,
  host: Host,
  { agent, policy }: { readonly agent: AgentDescriptor; readonly policy?: Policy | undefined },
): Promise<AgentFiles> {
  const problems: Diagnostic[] = []
  const { mode, hide = {} } = config.workspace ?? {}
  const hidden = Object.keys(hide)
  const keptOut = config.agent?.files === undefined ? none : await hiddenIdentities(host.stateFolder, workspace, hidden)
  const files: Record<string, { readonly source: string; readonly digest: string }> = {}
  const foreign: Record<string, string> = {}
  for (const [target, written] of Object.entries(config.agent?.files ?? {})) {
    const problem = (detail: string): void => {
      problems.push(diagnosticAt(origins, pointer('agent', 'files', target), { severity: 'error', ...noFiles, detail }))
    }
    const login = loginPaths(agent).find((path) => areInEachOther(target, path))
    if (login !== undefined) {
      problem(`${target} is or holds ${login}, the login of the agent.`)
      continue
    }
    const source = realPathOf(written)
    if (typeof source !== 'string') {
      problem(`${written} ${source.why}.`)
      continue
    }
    if (!isBeneath(source, workspace)) {
      const isInHome = isBeneath(source, realPathIfThere(host.home) ?? host.home)
      const refused = isInHome
        ? (mountRefusal({ source, readonly: true }, host, policy)?.why ?? null)
        : 'is neither in the project nor in your home'
      if (refused !== null) {
        problem(`${source} ${refused}.`)
        continue
      }
    }
    const covered = hidden.find((path) => areInEachOther(source, join(workspace, path)))
    if (covered !== undefined) {
      problem(`${source} is, holds or lies in ${covered}, which "hide" keeps from the sandbox.`)
      continue
    }
    // Of this machine's folder a clone has what is committed, and the agent itself may have said that here.
    if (mode === 'clone' || !isBeneath(source, workspace)) foreign[target] = source
    const found = await readLaidFiles(source, keptOut)
    if ('why' in found) problem(found.why)
    else files[target] = { source, digest: found.digest }
  }
  return { record: Object.keys(files).length === 0 ? {} : { files }, foreign, problems }
}

/**
 * A file, or all that is in a folder, sorted by path. `source` is a real path; nothing is read that is, or lies in, what has
 * one of the identities `keptOut`.
 */
export async function readLaidFiles(
  source: string,
  keptOut: ReadonlySet<string> = none,
): Promise<LaidFiles | { readonly why: string }> {
  const files: LaidFile[] = []
  let bytes = 0
  let folders = 0
  const visit = async (path: string): Promise<string | null> => {
    const place = path === '' ? source : join(source, path)
    const stats = await lstat(place)
    if (stats.isDirectory()) {
      folders += 1
      if (folders > most.folders) return `${source} has more than ${most.folders} folders.`
      for (const name of (await readdir(place)).sort()) {
        // A list of them has one a line.
        if (/\p{Cc}/u.test(name)) return `${place} has a file with a control character in its name.`
        const why = await visit(path === '' ? name : `${path}/${name}`)
        if (why !== null) return why
      }
      return null
    }
    if (!stats.isFile()) return `${place} is no file; a link is not followed.`
    if (files.length === most.files) return `${source} has more than ${most.files} files.`
    const found = await readBounded(place, most.bytes - bytes, keptOut)
    if (found.kind === 'too-large') return `${source} has more than ${most.bytes / 1024 / 1024} MiB.`
    if (found.kind === 'unfit') return `${place} cannot be read: ${found.why}.`
    if (found.kind !== 'bytes') return `${place} has become something else.`
    bytes += found.bytes.length
    files.push({ path, isExecutable: (stats.mode & 0o111) !== 0, content: found.bytes })
    return null
  }
  try {
    const why = await visit('')
    return why === null ? { files, digest: digestOf(files) } : { why }
  } catch (error) {
    const code = errorCode(error)
    if (code === undefined) throw error
    return { why: `${source} cannot be read (${code}).` }
  }
}

function digestOf(files: readonly LaidFile[]): string {
  const hash = createHash('sha256')
  for (const { path, isExecutable, content } of files) {
    hash.update(`${JSON.stringify([path, isExecutable, content.length])}\n`).update(content)
  }
  return hash.digest('hex')
}

/** Absolute, in the home. Where a variable moves the login, its files are not there. */
function loginPaths({ login }: AgentDescriptor): readonly string[] {
  return login === null || login.env !== null ? [] : login.files.map(({ path }) => path)
}

function realPathOf(path: string): string | { readonly why: string } {
  try {
    return realPathIfThere(path) ?? { why: 'is not there' }
  } catch (error) {
    const code = errorCode(error)
    if (code === undefined) throw error
    return { why: `cannot be reached (${code})` }
  }
}
