// The config after its layers are merged: short forms written out, relative paths made absolute, defaults not yet
// filled in (`resolve/` does that). The file as it is written is `SandboxFile`, made from the schema.

import type { Position } from './diagnostic.js'
import type { JsonPointer } from './json.js'

export type AgentConfig = {
  readonly name?: string
  readonly args?: readonly string[]
  /** In place of the one that sbx brings. */
  readonly version?: string
  readonly autonomy?: 'full' | 'ask'
  /** What of the host its sessions begin with: absolute target inside, in the agent's home, to absolute source. */
  readonly files?: Readonly<Record<string, string>>
}

export type SecretSource = { readonly env: string } | { readonly file: string }

export type MountConfig = {
  /** As written but absolute and with `~` put in; `${env:X}` is still in it, links are not yet followed. */
  readonly source: string
  readonly readonly: boolean
  readonly why?: string
}

/** Where a container port is published. `hostPort: null` lets the engine pick a free one. */
export type PortConfig = { readonly address: string; readonly hostPort: number | null }

export type GitConfig = 'host' | 'none' | { readonly name: string; readonly email: string }

/** `allow` by `host:port`, lower case; a host may begin with `*.`. */
export type NetworkConfig = 'open' | 'none' | { readonly allow: Readonly<Record<string, true>> }

/** A command that makes the project ready. `when` has paths in the workspace, without `./` before them. */
export type PrepareConfig = { readonly run: string; readonly when: readonly string[] }

/** `hide` and `own` by path in the workspace, without `./` before it and `/` after it. */
export type WorkspaceConfig = {
  readonly readonly?: boolean
  readonly hide?: Readonly<Record<string, true>>
  readonly mode?: 'bind' | 'clone'
  readonly own?: Readonly<Record<string, true>>
}

/** `runtime` is a name that the engine has for it. */
export type IsolationConfig = 'container' | { readonly runtime: string }

export type ResourcesConfig = {
  /** In CPUs, `1.5` is one and a half. */
  readonly cpus?: number
  /** In bytes. */
  readonly memory?: number
  /** Processes and threads. */
  readonly pids?: number
}

export type OnRecreate = 'ask' | 'keep' | 'discard'

export type LifecycleConfig = {
  /** Settings as a plan names them, `mounts["/data"]`; each also stands for what is beneath it. */
  readonly ignoreDrift?: readonly string[]
  readonly onRecreate?: OnRecreate
}

export type Config = {
  readonly name?: string
  readonly agent?: AgentConfig
  /** A built-in name, an absolute folder, or an image reference. */
  readonly template?: string
  readonly setup?: readonly string[]
  /** In this order. */
  readonly prepare?: readonly PrepareConfig[]
  readonly workspace?: WorkspaceConfig
  /** By variable name; values as written, `${env:X}` and `${env:X:-default}` still in them. */
  readonly env?: Readonly<Record<string, string>>
  /** By absolute path; later files win. */
  readonly envFile?: Readonly<Record<string, { readonly optional: boolean }>>
  readonly secrets?: Readonly<Record<string, SecretSource>>
  /** By absolute target path inside. */
  readonly mounts?: Readonly<Record<string, MountConfig>>
  readonly socket?: 'none' | 'host'
  readonly ssh?: 'none' | 'agent'
  readonly credentials?: 'sandbox' | 'none' | 'host'
  readonly git?: GitConfig
  readonly network?: NetworkConfig
  /** Those of the engine that it joins besides, by name. */
  readonly networks?: Readonly<Record<string, true>>
  readonly isolation?: IsolationConfig
  readonly sudo?: boolean
  readonly resources?: ResourcesConfig
  /** By container port and protocol, `3000/tcp`. */
  readonly ports?: Readonly<Record<string, PortConfig>>
  readonly lifecycle?: LifecycleConfig
}

/** Who said a value: a line of a file, or a flag of this call. */
export type Origin = { readonly kind: 'file'; readonly at: Position } | { readonly kind: 'flag'; readonly flag: string }

export type Origins = Readonly<Record<JsonPointer, Origin>>

export type LoadedConfig = {
  readonly config: Config
  /** For every value and every mapping in `config`, the layer that decided it. */
  readonly origins: Origins
  /** The project's own file, absolute; null when there is none. */
  readonly file: string | null
  /** The folder that becomes the workspace: that of the file, or the working folder. Absolute, links not followed. */
  readonly directory: string
  /** Every file that was read, absolute, in the order of the layers. */
  readonly files: readonly string[]
  readonly profile: string | null
  /** Names of those that the project's own files have, sorted. */
  readonly profiles: readonly string[]
  /** The same with those of the personal files. */
  readonly knownProfiles?: readonly string[]
}
