// What doing a plan would cost or open up, beyond what it changes. The command line asks about it; the planner never does.

import type { PlannedGrant } from './plan.js'

/** A path in a container that is not as its image has it. All that names it was chosen by what runs inside. */
export type PathChange = { readonly path: string; readonly kind: 'added' | 'modified' | 'deleted' }

/**
 * Why not all of it is known: the list of what a snapshot holds was removed or changed inside, or there is more than
 * anybody can go through.
 */
export type Uncounted = 'kept-list' | 'too-many'

/** What differs, as far as it is known. */
export type OwnChanges = { readonly paths: readonly PathChange[]; readonly uncounted: Uncounted | null }

/** A command in a container besides its entrypoint, as the engine's machine sees it. */
export type OpenSession = {
  /** Name of its program, which that may have chosen itself. Null where the engine does not tell. */
  readonly command: string | null
  /** Terminal inside, `pts/0` or, where its name is not told, `a terminal`; null where none is known of. */
  readonly terminal: string | null
  /** How long it has been running; null where the engine does not tell. */
  readonly seconds: number | null
  /** Of one that goes on when nobody looks at it. */
  readonly id?: string
}

/** What only the engine knows of a container's own part. */
export type OwnContent = {
  /** All that was written outside of volumes and mounts, in bytes; null where the engine does not say. */
  readonly bytes: number | null
  /** Paths of volumes with no name of ours, which go with the container, and hold something. */
  readonly volumes: readonly string[]
}

export type Package = {
  readonly manager: 'debian' | 'npm'
  /** As its manager calls it: `jq`, `libc6:i386`, `@scope/tool`. */
  readonly name: string
  /** Whether the image had it, in another version or as it is. */
  readonly wasThere: boolean
}

/** Of several files together. `isPart` where not all of them were looked at, so that there may be more. */
export type Size = { readonly bytes: number; readonly isPart?: true }

/** All of these files are at or beneath the path; absolute, like it. */
export type FilesOfFolder = { readonly path: string; readonly files: readonly string[] }

/** `size` is absent where nobody looked. */
export type FolderCount = { readonly path: string; readonly count: number; readonly size?: Size }

/** What somebody did in a container that is neither in its image nor in a place that is kept. */
export type Losses = {
  readonly files: {
    /** Files that were added or changed, an empty folder among them; not those of `packages`. */
    readonly count: number
    /** The same by folder, or by name where that says more; largest first. */
    readonly folders: readonly FolderCount[]
    /** How many of them are in none of `folders`. */
    readonly elsewhere: number
  }
  /** Paths of the image that were deleted. */
  readonly deleted: number
  /** By manager and name. */
  readonly packages: readonly Package[]
  /** Paths of volumes that the image asks for. */
  readonly volumes: readonly string[]
  /** Of all of these but the volumes, with what nobody would miss, as the engine counts it; null where it does not say. */
  readonly bytes: number | null
  /** Why there is more than is told here. Absent where there is not. */
  readonly uncounted?: Uncounted
}

/** What is in a clone alone. */
export type CloneLoss = {
  /** Branches, tags and `refs/stash` whose tips the host's repository does not have. */
  readonly branches: readonly { readonly name: string; readonly tip: string }[]
  /** Files that differ from what is committed; null where nobody has asked. */
  readonly uncommitted: number | null
  /** Not all of it could be read, or told from what is there. */
  readonly isUnknown?: true
  /** Repositories of submodules, contents of Git LFS, further working trees: what is in them nobody has looked at. */
  readonly beside?: readonly ('submodules' | 'lfs' | 'trees')[]
  /** `left`: the volume stays, and no sandbox has it. */
  readonly fate: 'removed' | 'left'
}

export type Risks = {
  /** Those that would end. */
  readonly sessions: readonly OpenSession[]
  /** What would be gone; null where that is nothing. */
  readonly losses: Losses | null
  /** What would be gone had a person not chosen to keep it; null where that is nothing. */
  readonly kept: Losses | null
  /** What is in a clone alone that the sandbox would have no more; null where that is nothing. */
  readonly clone: CloneLoss | null
  /** The grants that reach further than what was last approved. */
  readonly widening: readonly PlannedGrant[]
}
