// Folders of the workspace that the sandbox has volumes of its own for. The engine follows links to where a volume goes, as
// it does for a cover of what is hidden: so no part of such a path may be one.

import type { Config, Origins } from '../model/config.js'
import type { Diagnostic } from '../model/diagnostic.js'
import { pointer } from '../model/json.js'
import { ownVolumeName, type Scope } from '../model/names.js'
import type { ContainerSpec } from '../model/spec.js'
import { lookAt } from './hidden.js'
import { diagnosticAt } from './origins.js'
import { isAtOrBeneath, isBeneath } from './paths.js'

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
    const why =
      found.kind === 'link'
        ? `${found.at} is a link`
        : found.kind === 'file'
          ? `${path} is a file`
          : found.kind === 'unreachable'
            ? `${path} ${found.why}`
            : null
    if (why === null) return []
    return told('resolve/own-place', 'An own folder has no place', `${why}, and a folder is needed there.`)
  })
  const volumes = Object.fromEntries(paths.map((path) => [path, ownVolumeName(place.scope, place.id, path)]))
  return { volumes, problems }
}

function areInEachOther(one: string, other: string): boolean {
  return isAtOrBeneath(one, other) || isBeneath(other, one)
}
