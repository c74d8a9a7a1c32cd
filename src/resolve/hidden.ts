// What of the workspace a sandbox does not see. The engine covers each path by a mount over it, and follows links to find
// the place; so no part of a path may be one, or its agent could point it elsewhere. Nothing is mounted from the workspace.

import type { Stats } from 'node:fs'
import type { Config, Origins } from '../model/config.js'
import { DiagnosticError, type Diagnostic } from '../model/diagnostic.js'
import { pointer } from '../model/json.js'
import type { ContainerSpec } from '../model/spec.js'
import { statWithoutLinks } from './host-file.js'
import { diagnosticAt } from './origins.js'
import { isAtOrBeneath, isBeneath } from './paths.js'
import { errorCode } from './read.js'

export type HiddenKind = 'file' | 'folder'

export type Hidden = {
  /** Only what is there, and nothing that is in a folder that is hidden as well. */
  readonly hide: Readonly<Record<string, HiddenKind>>
  readonly problems: readonly Diagnostic[]
}

/** `path` is the workspace's real path, `onHost` null where this machine's folder is not what the sandbox sees. */
export function resolveHidden(
  config: Config,
  origins: Origins,
  { path: workspace, onHost }: { readonly path: string; readonly onHost: string | null },
  mounts: ContainerSpec['mounts'],
): Hidden {
  const written = Object.keys(config.workspace?.hide ?? {})
  const hide: Record<string, HiddenKind> = {}
  const problems: Diagnostic[] = []
  for (const path of written) {
    const problem = (code: string, summary: string, detail: string): void => {
      const place = pointer('workspace', 'hide', path)
      problems.push(diagnosticAt(origins, place, { severity: 'error', code, summary, detail }))
    }
    const target = `${workspace}/${path}`
    const mount = Object.keys(mounts).find((each) => isAtOrBeneath(target, each) || isBeneath(each, target))
    if (mount !== undefined) {
      const detail =
        `${path} and the mount at ${mount} are in each other's way. Mount what shall be seen, and hide what is the ` +
        "workspace's own."
      problem('resolve/hidden-mount', 'A mount cannot be hidden', detail)
      continue
    }
    const beside = Object.entries(mounts).find(
      ([, { source }]) => isAtOrBeneath(target, source) || isBeneath(source, target),
    )
    if (beside !== undefined) {
      const detail =
        `${path}, or what is in it, can be seen at ${beside[0]}, where ${beside[1].source} is mounted. Mount less, or ` +
        'hide nothing of it.'
      problem('resolve/hidden-mounted', 'What is hidden is mounted elsewhere', detail)
      continue
    }
    if (onHost === null) continue
    const found = lookAt(onHost, path)
    if (found.kind === 'link') problem(linkCode, linkSummary, linkDetail(path, found.at))
    else if (found.kind === 'unreachable') problem(unreachableCode, unreachableSummary, `${path} ${found.why}.`)
    else if (found.kind !== 'absent' && !written.some((other) => isBeneath(path, other))) hide[path] = found.kind
  }
  return { hide, problems }
}

/**
 * Throws where something that a container hides cannot be covered as it is at this moment: call it directly before a start.
 * The engine would follow a link, and make a file of its own where there is none.
 */
export function checkHidden({ workspace, hide = {} }: Pick<ContainerSpec, 'workspace' | 'hide'>): void {
  const problems = Object.entries(hide).flatMap(([path, kind]): Diagnostic[] => {
    const found = lookAt(workspace.path, path)
    if (found.kind === kind) return []
    const error = (code: string, summary: string, detail: string): Diagnostic[] => [
      { severity: 'error', code, summary, detail },
    ]
    if (found.kind === 'link') return error(linkCode, linkSummary, linkDetail(path, found.at))
    if (found.kind === 'unreachable') return error(unreachableCode, unreachableSummary, `${path} ${found.why}.`)
    const now = found.kind === 'absent' ? 'is not there any more' : `is a ${found.kind} by now`
    return error('resolve/hidden-changed', 'What is hidden is not what it was', `${path} ${now}. Apply again.`)
  })
  if (problems.length > 0) throw new DiagnosticError(problems)
}

const linkCode = 'resolve/hidden-link'
const linkSummary = 'What is hidden has a link in its path'
const unreachableCode = 'resolve/hidden-unreachable'
const unreachableSummary = 'What is hidden cannot be looked at'

function linkDetail(path: string, at: string): string {
  const what = path === at ? `${path} is a link` : `${at}, on the way to ${path}, is a link`
  return `${what}, and an agent could point it elsewhere. Hide the file or folder that it leads to, or put that in its place.`
}

type Found =
  | { readonly kind: HiddenKind | 'absent' }
  /** `at` is the part of the path that is one. */
  | { readonly kind: 'link'; readonly at: string }
  | { readonly kind: 'unreachable'; readonly why: string }

/** At a place in a folder, through no link. */
export function lookAt(workspace: string, path: string): Found {
  const names = path.split('/')
  for (let length = 1; length <= names.length; length++) {
    const at = names.slice(0, length).join('/')
    const stats = statOf(`${workspace}/${at}`)
    if (stats === null) return { kind: 'absent' }
    if (typeof stats === 'string') return { kind: 'unreachable', why: `cannot be reached (${stats})` }
    if (stats.isSymbolicLink()) return { kind: 'link', at }
    if (length === names.length) return { kind: stats.isDirectory() ? 'folder' : 'file' }
    if (!stats.isDirectory()) return { kind: 'absent' }
  }
  return { kind: 'absent' }
}

/** Null where nothing is there, and the error's code where that cannot be told. */
function statOf(path: string): Stats | string | null {
  try {
    return statWithoutLinks(path)
  } catch (error) {
    const code = errorCode(error)
    if (code === undefined) throw error
    return code === 'ENOENT' || code === 'ENOTDIR' ? null : code
  }
}
