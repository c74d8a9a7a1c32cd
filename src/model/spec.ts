// What sbx asks the engine for. A spec is hashed, labelled and created as one object; it is shaped like the config, so
// that a path in it is the path a user wrote. Records instead of lists: order cannot matter.

export type TemplateSpec =
  /** `version` is the agent's, where another than the template's own is wanted. */
  | { readonly kind: 'built-in'; readonly name: string; readonly version?: string }
  /** `digest` is over the folder's content; links stay links. */
  | { readonly kind: 'folder'; readonly path: string; readonly digest: string; readonly version?: string }
  /** `digest` is the pin of sandbox.lock. */
  | { readonly kind: 'image'; readonly reference: string; readonly digest?: string }
  /** `reference` as it is written, `commit` what it is pinned to. */
  | { readonly kind: 'git'; readonly reference: string; readonly commit: string; readonly version?: string }

export type MountSpec = { readonly source: string; readonly readonly: boolean }

export type PortSpec = { readonly address: string; readonly hostPort: number | null }

/**
 * A container's own files that a person chose to keep: a snapshot of it, which stands in for the template's image until
 * the template changes.
 */
export type CarriedSpec = {
  readonly image: string
  /** The template's image, by its name and id when it was in use. */
  readonly base: { readonly reference: string; readonly id: string }
}

/** What only a new container can take. */
export type ContainerSpec = {
  readonly template: TemplateSpec
  readonly setup: readonly string[]
  /** `mode`: a clone in a volume of its own. Absent: this machine's folder. */
  readonly workspace: { readonly path: string; readonly readonly: boolean; readonly mode?: 'clone' }
  /**
   * Named volumes by the path they are mounted at: the home, the login in credentials mode `sandbox`, a clone, and one for
   * each path of `own`.
   */
  readonly volumes: Readonly<Record<string, string>>
  readonly mounts: Readonly<Record<string, MountSpec>>
  readonly socket: 'none' | 'host'
  readonly credentials: 'sandbox' | 'none' | 'host'
  /** `limited`: a network of its own, whose one way out is the proxy of `ProxySpec`. */
  readonly network: 'open' | 'none' | 'limited'
  readonly ports: Readonly<Record<string, PortSpec>>
  /** What of the workspace is covered, by path in it; only what is there. Absent: nothing. */
  readonly hide?: Readonly<Record<string, 'file' | 'folder'>>
  /** Folders of the workspace that are volumes, by path in it. Absent: none. */
  readonly own?: Readonly<Record<string, true>>
  /** Networks that it joins beside that of `network`, by name. Absent: none. */
  readonly networks?: Readonly<Record<string, true>>
  /** The socket of the user's ssh agent is in it; which one is no part of this. Absent: it is not. */
  readonly ssh?: 'agent'
  /** Absent: the agent may. */
  readonly sudo?: false
  /** Name of the engine's runtime. Absent: the engine's own choice, a container. */
  readonly isolation?: string
  /** Only the planner sets it. */
  readonly carried?: CarriedSpec
}

/** What lets the sandbox out. A container of its own, replaced as a whole while the agent's goes on. */
export type ProxySpec = {
  /** Of the file alone, as `host:port`; a host may begin with `*.`. */
  readonly allow: Readonly<Record<string, true>>
}

/**
 * One variable of a session. Of a value that is not in the file only the way to it is kept, and an HMAC keyed with a key
 * that stays on the user's machine; `digest: null` where the value is missing on this machine.
 */
export type SessionValue =
  | { readonly from: 'file'; readonly value: string }
  /** `text` as written, `${env:X}` still in it. */
  | { readonly from: 'host'; readonly text: string; readonly digest: string | null }
  | { readonly from: 'flag'; readonly digest: string }

export type SecretSpec = ({ readonly env: string } | { readonly file: string }) & { readonly digest: string | null }

export type EnvFileSpec = {
  readonly optional: boolean
  /** Digest by variable name; null where the file is missing on this machine. */
  readonly values: Readonly<Record<string, string>> | null
}

export type LimitsSpec = {
  /** In CPUs. Absent: not limited. */
  readonly cpus?: number
  /** In bytes, swap included. Absent: not limited. */
  readonly memory?: number
  readonly pids: number
}

/**
 * What can change while the container stays: the session and the limits. Kept in the label of an empty volume, because
 * labels of a container cannot change.
 */
export type RecordSpec = {
  readonly agent: {
    readonly name: string
    readonly args: readonly string[]
    readonly autonomy: 'full' | 'ask'
  }
  /**
   * What of the host sessions begin with, by absolute target: from where, and a digest over names, contents and whether
   * they can be run. Absent: nothing.
   */
  readonly files?: Readonly<Record<string, { readonly source: string; readonly digest: string }>>
  readonly env: Readonly<Record<string, SessionValue>>
  readonly envFile: Readonly<Record<string, EnvFileSpec>>
  readonly secrets: Readonly<Record<string, SecretSpec>>
  readonly git: { readonly name: string | null; readonly email: string | null } | null
  readonly resources: LimitsSpec
  /** What was granted at the last apply: the value that was approved, by grant key. */
  readonly grants: Readonly<Record<string, string>>
  /** Flags of `sbx run` that still lie over the file, by flag, for a sandbox that has no file. */
  readonly flags: Readonly<Record<string, readonly string[]>>
  /** Which key made the digests, so that another person's are not taken for changed values. */
  readonly digestKey: string
  /**
   * Which workspace folder the container was last started on, where that is not the one in its labels: a folder deleted
   * and made anew needs a restart, and a label cannot change. Only the planner sets it.
   */
  readonly inode?: string
  /**
   * Id of the image that the home's files are of, where that is not the one that the container was made from. Only the
   * planner sets it.
   */
  readonly home?: string
  /**
   * Reference of the snapshot that the container stands on. Whatever makes, replaces or drops one so has an old record to
   * remove, which goes last: while there are two, there may be snapshots that nobody needs. Only the planner sets it.
   */
  readonly snapshot?: string
  /** That the clone was filled, and on which branch. Written after it was. Only the planner sets it. */
  readonly clone?: { readonly branch: string }
  /**
   * Which steps of `prepare` were done in which container, by its name: digest of what each goes by, by its key. Only
   * the planner sets it.
   */
  readonly prepared?: { readonly container: string; readonly steps: Readonly<Record<string, string>> }
  /**
   * Beside the record of what was applied, from before a start until its limited network was tried: while there is one, that
   * may not have been. Only the planner sets it.
   */
  readonly unverified?: true
}
