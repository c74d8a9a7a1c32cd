// `sbx fetch --json`, as schema/fetch.schema.json says.

import type { JsonObject } from '../model/json.js'
import { formatVersion } from './format-version.js'

export type Fetched = {
  readonly name: string
  /** Top of the repository on this machine. */
  readonly repository: string
  readonly branches: readonly {
    /** Without `refs/heads/`. */
    readonly ref: string
    readonly before: string | null
    readonly after: string
    readonly commits: number
    readonly isForced: boolean
  }[]
  /** Null where it was not asked for, or nothing is uncommitted. */
  readonly wip: { readonly branch: string; readonly to: string } | null
  /** It was asked for what is not committed, and all is. */
  readonly isClean: boolean
  readonly isUnchanged: boolean
  /** Branches of the clone that have something new and were not asked for. */
  readonly left: readonly string[]
  /** Those that have something new under names that no branch here can have. */
  readonly unfit: readonly string[]
  /** The branch that the repository is on. */
  readonly current: string
}

export function fetchJson({ name, repository, branches, wip, isUnchanged, left, unfit }: Fetched): JsonObject {
  return {
    format_version: formatVersion,
    name,
    repository,
    branches: branches.map(({ ref, before, after, commits, isForced }) => ({
      branch: ref,
      from: before,
      to: after,
      commits,
      forced: isForced,
    })),
    wip,
    left,
    ...(unfit.length === 0 ? {} : { unfit }),
    unchanged: isUnchanged,
  }
}
