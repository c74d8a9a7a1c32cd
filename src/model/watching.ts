// What is seen of a sandbox while it runs.

import type { ContainerState } from './live.js'

/** What a container uses at one moment. Memory and network in bytes. */
export type Usage = {
  /** In seconds since 1970. */
  readonly at: number
  /** In processors, 1.5 for one and a half, over the second before; null where there is no second before. */
  readonly cpu: number | null
  /** Without what the kernel keeps of files and would give back. */
  readonly memory: number
  /** Null for none. */
  readonly memoryLimit: number | null
  readonly pids: number
  readonly pidsLimit: number | null
  /** Since it was started, over all its networks. */
  readonly received: number
  readonly sent: number
}

/** One sandbox as it is watched. */
export type Watched = {
  readonly id: string
  readonly name: string
  readonly state: ContainerState
  /** Null where it does not run, or nothing was said yet. */
  readonly usage: Usage | null
  /** How many are open; null where that is not known. */
  readonly sessions: number | null
}

/** A command that runs in a container. The command line is whatever it says it is. */
export type Process = {
  /** Its number on the engine's machine; inside, where only the container itself knows. */
  readonly pid: number
  readonly parent: number
  /** By the container's own list of users; the number of one that is not in it. */
  readonly user: string
  /** In processors, over its whole life. */
  readonly cpu: number
  /** In bytes. */
  readonly memory: number
  /** How long it has been running. */
  readonly seconds: number
  readonly command: string
  /** It says that it is one of sbx's own, which keep a session. Absent where it does not. */
  readonly keepsSession?: true
}

/** What is at a path of a container; of a link the link itself. */
export type PathKind = {
  readonly kind: 'file' | 'folder' | 'link' | 'other'
  /** Where a link leads in the end, absolute and in the container; null for what is none. */
  readonly target: string | null
}

export interface Watching {
  /**
   * Every second with `follow`, until the signal is aborted or the container is removed, at once for the first, which knows
   * no `cpu`; else once, after a second. Null where the container does not run.
   */
  usage(
    containerId: string,
    options: { readonly follow: boolean; readonly signal: AbortSignal },
  ): AsyncIterable<Usage | null>

  /**
   * What runs in the container besides its entrypoint, oldest first. GETs alone, unless it has a kernel of its own or the
   * engine's machine has no `ps`; then the container's own is asked. Throws `engine/no-processes`.
   */
  processes(containerId: string): Promise<readonly Process[]>

  /** At an absolute path of a container, running or not; null where nothing is. One HEAD. */
  lookAt(containerId: string, path: string): Promise<PathKind | null>
}
