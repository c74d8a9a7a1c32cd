// Where programs are looked for that sbx itself runs: git, ssh, credential helpers. direnv and npm put folders of a project
// first, and there an agent can have put a program of any of these names.

import { existsSync } from 'node:fs'
import { delimiter, dirname, isAbsolute, join } from 'node:path'
import { listApprovals } from './approvals.js'
import { isAtOrBeneath, isBeneath } from './paths.js'
import { realPathIfReachable } from './read.js'

/** Taken where nothing is left: an empty PATH would be for the folder that a program is called in. */
const nowhere = ['/nonexistent']

/** What goes before the others where several have it. */
const programs = ['git', 'ssh']

/**
 * PATH without what is not whole, and without what lies in these folders, by its real path; links in what stays have been
 * followed, so that nobody can lead it there later. Undefined where there is none: the system knows its own.
 */
export function programPath(path: string | undefined, writable: readonly string[]): string | undefined {
  if (path === undefined) return undefined
  const isWritable = (real: string): boolean => writable.some((folder) => isAtOrBeneath(real, folder))
  const kept = path.split(delimiter).flatMap((folder) => {
    const real = isAbsolute(folder) ? realPathIfReachable(folder) : null
    if (real === null || isWritable(real)) return []
    const leadsThere = programs.some((name) => isWritable(realPathIfReachable(join(real, name)) ?? real))
    return leadsThere ? [] : [real]
  })
  return [...new Set(kept.length > 0 ? kept : nowhere)].join(delimiter)
}

/** Real paths of the folders that agents of this machine can write, and of the project that the call is made in. */
export function writableFolders({
  stateFolder,
  home,
  workingFolder,
}: {
  readonly stateFolder: string
  readonly home: string
  readonly workingFolder: string | null
}): readonly string[] {
  const approved = listApprovals(stateFolder).flatMap(({ workspace, grants }) => [
    workspace,
    ...Object.entries(grants).flatMap(([key, { value }]) =>
      key.startsWith('mount:') && value.startsWith('rw:') ? [value.slice('rw:'.length)] : [],
    ),
  ])
  const project = workingFolder === null ? null : projectOf(workingFolder, home)
  return [...new Set([...approved, ...(project === null ? [] : [project])])]
}

/** The outermost below the home: PATH has the folders of each package that one is in. */
function projectOf(workingFolder: string, home: string): string | null {
  const from = realPathIfReachable(workingFolder)
  const top = realPathIfReachable(home) ?? home
  let project: string | null = null
  for (let folder = from ?? '/'; folder !== dirname(folder); folder = dirname(folder)) {
    if (folder === top || isBeneath(top, folder)) break
    if (['.git', 'sandbox.yaml'].some((name) => existsSync(join(folder, name)))) project = folder
  }
  return project
}
