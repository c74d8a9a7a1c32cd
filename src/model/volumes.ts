// Volumes as an engine tells of them.

import type { SandboxLabels } from './desired.js'

/** A home volume, and what its labels say of the sandbox that it was made for. `createdAt` is ISO 8601, or empty. */
export type Home = {
  readonly name: string
  readonly sandbox: SandboxLabels
  readonly createdAt: string
  /** Name of the volume of the sandbox's clone. Absent where there is none. */
  readonly clone?: string
}

/** The volume of a clone, with the same. */
export type CloneVolume = Pick<Home, 'name' | 'sandbox' | 'createdAt'>

/** `modifiedAt` in seconds since 1970. */
export type VolumeFiles = Readonly<Record<string, { readonly text: string; readonly modifiedAt: number } | null>>

/** Folders are not counted. */
export type VolumeContent = { readonly files: number; readonly bytes: number }

/** `emptied` where a container still names the volume. */
export type Cleared = 'removed' | 'emptied' | 'absent'
