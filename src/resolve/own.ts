// Folders of the workspace that the sandbox has volumes of its own for. The engine follows links to where a volume goes, as
// it does for a cover of what is hidden: so no part of such a path may be one.

import { readdirSync } from 'node:fs'
import type { Config, Origins } from '../model/config.js'
import { fail, type Diagnostic } from '../model/diagnostic.js'
import { pointer } from '../model/json.js'
import { ownVolumeName, type Scope } from '../model/names.js'
import type { ContainerSpec } from '../model/spec.js'
import { lookAt } from './hidden.js'
import { makeFolderWithoutLinks, statWithoutLinks } from './host-file.js'
import { diagnosticAt } from './origins.js'
import { areInEachOther } from './paths.js'
import { errorCode } from './read.js'

export type Own = {
  /** By path in the workspace. */
  readonly volumes: Readonly<Record<string, string>>
  readonly problems: readonly Diagnostic[]
}

/** @param workspace its real path; null where this machine's folder is not what the sandbox sees. */
export function resolveOwn(
  config: Config,
  origins: Origins,
  place: { readonly path: string; readonly onHost: string | null; readonly scope: Scope; readonly id: string },
  mounts: ContainerSpec['mounts'],
): Own {
  const paths = Object.keys(config.workspace?.own ?? {})
  const hidden = Object.keys(config.workspace?.hide ?? {})
  const problems = paths.flatMap((path, index): Diagnostic[] => {
    const told = (code: string, summary: string, detail: string): Diagnostic[] => [
      diagnosticAt(origins, pointer('workspace', 'own', path), { severity: 'error', code, summary, detail }),
    ]
    const target = `${place.path}/${path}`
    const other =
      hidden.find((each) => areInEachOther(path, each)) ??
      paths.slice(0, index).find((each) => areInEachOther(path, each)) ??
      Object.keys(mounts).find((each) => areInEachOther(target, each))
    if (other !== undefined) {
      const detail = `${path} and ${other} are in each other's way. What is the sandbox's own has nothing else in it or around it.`
      return told('resolve/own-clash', 'An own folder is in the way of something else', detail)
    }
    if (place.onHost === null) return []
    const found = lookAt(place.onHost, path)
    const why = obstacle(path, found)
    return why === null ? [] : told(noPlace.code, noPlace.summary, why)
  })
  const volumes = Object.fromEntries(paths.map((path) => [path, ownVolumeName(place.scope, place.id, path)]))
  return { volumes, problems }
}

/**
 * Makes what is missing of these folders, directly before a start: the engine would make them, and as root. Where root
 * itself does they are whose the workspace is.
 */
export function makeOwnFolders({ workspace, own = {} }: Pick<ContainerSpec, 'workspace' | 'own'>): void {
  if (workspace.mode === 'clone') return
  for (const path of Object.keys(own)) {
    const found = lookAt(workspace.path, path)
    const why = obstacle(path, found)
    if (why !== null) fail(noPlace.code, noPlace.summary, { detail: why })
    if (found.kind === 'absent') makeFolders(workspace.path, path)
  }
}

/** Those of these folders that have something in them on this machine, which the sandbox does not see. */
export function coveredByOwn({ workspace, own = {} }: Pick<ContainerSpec, 'workspace' | 'own'>): readonly string[] {
  if (workspace.mode === 'clone') return []
  return Object.keys(own).filter(
    (path) => lookAt(workspace.path, path).kind === 'folder' && hasEntries(`${workspace.path}/${path}`),
  )
}

const noPlace = { code: 'resolve/own-place', summary: 'An own folder has no place' } as const

/** What is in its way; null where there is a place for it. */
function obstacle(path: string, found: ReturnType<typeof lookAt>): string | null {
  switch (found.kind) {
    case 'link':
      return `${found.at} is a link, and a folder is needed there.`
    case 'file':
      return `${path} is a file, and a folder is needed there.`
    case 'unreachable':
      return `${path} ${found.why}, and a folder is needed there.`
    case 'folder':
    case 'absent':
      return null
  }
}

function makeFolders(workspace: string, path: string): void {
  const { uid, gid } = statWithoutLinks(workspace)
  const owner = process.getuid?.() === 0 ? { uid, gid } : null
  const names = path.split('/')
  for (let length = 1; length <= names.length; length++) {
    const part = names.slice(0, length).join('/')
    try {
      makeFolderWithoutLinks(`${workspace}/${part}`, owner)
    } catch (error) {
      const code = errorCode(error)
      if (code === undefined) throw error
      if (code === 'EEXIST') continue
      fail(noPlace.code, noPlace.summary, { detail: `${part} cannot be made (${code}), and a folder is needed there.` })
    }
  }
}

function hasEntries(folder: string): boolean {
  try {
    return readdirSync(folder).length > 0
  } catch (error) {
    if (errorCode(error) === undefined) throw error
    return false
  }
}
