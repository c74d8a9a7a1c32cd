// What sbx needs of a container engine. Docker implements it, and so does a fake; one contract suite holds both.

import type { ResolvedSession } from './desired.js'
import type { HomeOutcome } from './home.js'
import type { ArchiveEntry } from './archive.js'
import type { ListedContainer, LiveSandbox, RenamedContainer, Survey } from './live.js'
import type { Step } from './plan.js'
import type { Transfer } from './step-event.js'
import type { Leftovers } from './leftovers.js'
import type { Command, CommandResult, PipedCommand, PipedStreams } from './command.js'
import type { FilesOfFolder, OpenSession, OwnChanges, OwnContent, Size } from './risks.js'
import type { Watching } from './watching.js'
import type { Cleared, CloneVolume, Home, VolumeContent, VolumeFiles } from './volumes.js'

/** Where a session's input comes from and its output goes: a person's terminal, or pipes. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
  readonly errors: NodeJS.WritableStream
  /** Whether the session gets a terminal of its own (raw mode, one stream). */
  readonly isTerminal: boolean
  size(): { readonly columns: number; readonly rows: number }
  /** Calls back on every change of size; returns what ends that. */
  onResize(listener: () => void): () => void
  setRawMode(isRaw: boolean): void
}

export type StepResult = {
  /** Full id of the container that a create made, or that was there already under the same name. */
  readonly containerId?: string
  /** Full id of the image that a snapshot made. */
  readonly imageId?: string
  /** Whether this call made it; what another apply made is not ours to undo. */
  readonly made?: boolean
  /** What a step found or did about a home; absent where that cannot be told. */
  readonly home?: HomeOutcome
}

/** A line that is worth keeping, or how far it is just now. */
export type OnProgress = (said: string | Transfer) => void

export interface Engine extends Watching {
  /** As the user would write it: `unix:///var/run/docker.sock`. */
  readonly endpoint: string

  /** Name and version, `docker 28.2.2`. One GET. */
  describe(): Promise<string>

  /** What it puts between a sandbox and its machine. One GET. */
  protection(): Promise<Protection>

  /** What tells this engine from every other, wherever it is reached: its own id (`/info`). One GET. */
  id(): Promise<string>

  /** Every container of ours in this scope, oldest first. One GET, however many there are. */
  list(): Promise<readonly ListedContainer[]>

  /**
   * The same, and beside them those that somebody has renamed: sbx goes by names, and does nothing with those. One GET for
   * both.
   */
  listWithRenamed(): Promise<{
    readonly containers: readonly ListedContainer[]
    readonly renamed: readonly RenamedContainer[]
  }>

  /**
   * One sandbox in full, and the list of the others. GETs and HEADs alone; four for a sandbox with one container that is
   * ready and on the image that its name has now.
   */
  observe(sandboxId: string, imageReferences: readonly string[]): Promise<LiveSandbox>

  /** All sandboxes at one look. Three GETs, and one for each image that is not there under its name. */
  survey(imageReferences: readonly string[]): Promise<Survey>

  /** Every home volume, with a sandbox and without. One GET. */
  homes(): Promise<readonly Home[]>

  /** Every clone's volume, with a sandbox and without. One GET. */
  clones(): Promise<readonly CloneVolume[]>

  /** Every sandbox's records and home volumes, for `rm` and `prune`. GETs alone. */
  listLeftovers(): Promise<Leftovers>

  /** Throws where what is none of ours has the name of a container, a proxy or a home that these steps make. One GET each. */
  checkNames(steps: readonly Step[]): Promise<void>

  /**
   * Throws `engine/volume-held` where a container, whoever's and in whatever state, would keep one of these volumes from
   * going; `except` are ids of containers that go before. One GET.
   */
  checkUnused(volumes: readonly string[], except: readonly string[]): Promise<void>

  /** Whether a registry has the image. GETs alone. Throws a DiagnosticError saying why not. */
  checkPullable(reference: string): Promise<void>

  /**
   * Digest, `sha256:...`, of what a registry has under the reference now, with the user's own credentials; null where
   * the registry answers that it has no such image. One GET. Throws a DiagnosticError where it cannot be asked.
   */
  resolveDigest(reference: string): Promise<string | null>

  /** Digests that an image of the engine goes by, its id among them; empty where it is not there. One GET. */
  imageDigests(image: string): Promise<readonly string[]>

  /**
   * Does one step. Idempotent where the engine is: what is already so is success. Aborting the signal ends a wait and
   * breaks off a snapshot or a copy, with `engine/interrupted`; what else changes something is done to its end.
   */
  perform(step: Step, onProgress?: OnProgress, signal?: AbortSignal): Promise<StepResult>

  /**
   * What a step that failed has made all the same, the answer that said so having got lost: by a call of this very
   * connection, and never what another has made. One GET, and none for a step that makes nothing.
   */
  madeBy(step: Step): Promise<StepResult>

  /**
   * Files of volumes by their path in it, null for what is no plain file; null for a volume that is not there. Starts
   * nothing, and leaves nothing on the engine.
   */
  readVolumes(
    wanted: Readonly<Record<string, readonly string[]>>,
  ): Promise<Readonly<Record<string, VolumeFiles | null>>>

  /** Throws `engine/volume-in-use` where a container that has it mounted runs. */
  clearVolume(name: string, signal: AbortSignal): Promise<Cleared>

  /**
   * All that is in one volume into another, which is there and empty; what arrived is held against what was sent. Throws
   * `engine/copy-differs` and `engine/archive-cut`, and then the copy is not to be used. Starts nothing.
   */
  copyVolume(source: string, target: string, signal: AbortSignal): Promise<VolumeContent>

  /** Writes a volume as a tar archive with one folder of that name, and ends the sink. Throws `engine/archive-cut`. */
  exportVolume(name: string, folder: string, sink: Sink, signal: AbortSignal): Promise<VolumeContent>

  /** The commands that run in the container besides its entrypoint. GETs alone. */
  sessions(containerId: string): Promise<readonly OpenSession[]>

  /**
   * All that differs from its image, mounts not among it: one GET. Of one that stands on a snapshot, `template` adds what
   * that has beyond the template's image, by the list in it; an agent can have removed that. `kept` adds nothing, and tells
   * whether that could be added, for one whose files are to be kept once more.
   */
  changes(containerId: string, since?: 'image' | 'template' | 'kept'): Promise<OwnChanges>

  /** One GET, and one more for each volume that sbx has not made. */
  ownContent(containerId: string): Promise<OwnContent>

  /**
   * How large the files are, each folder's together; null where that cannot be told at a bearable cost. A HEAD for each of
   * few, one GET for more, which ends early: what was seen until then is told as a part. `mounts` are the paths at which
   * something is mounted. Asks for nothing any more once that many milliseconds have passed.
   */
  fileSizes(
    containerId: string,
    folders: readonly FilesOfFolder[],
    options: { readonly mounts: readonly string[]; readonly milliseconds: number },
  ): Promise<readonly (Size | null)[]>

  /**
   * Texts of plain files in one folder of a container, by name: one GET for each of a few, one for the whole folder where
   * there are more. What is not there, or beyond 32 MiB in all, is absent.
   */
  readFiles(containerId: string, folder: string, names: readonly string[]): Promise<Readonly<Record<string, string>>>

  /**
   * Runs a small command to its end and gives what it printed. Aborting the signal ends it: throws `engine/interrupted`.
   * What an image has inside is not trusted to end or to be brief: throws `engine/command-timeout`, `engine/command-output`.
   */
  run(containerId: string, command: Command, signal?: AbortSignal): Promise<CommandResult>

  /**
   * Runs a command whose input and output are streams, to its end, and gives what it said of errors, the first 64 KiB.
   * There is no limit to how long it takes. Aborting the signal ends it: throws `engine/interrupted`.
   */
  pipe(
    containerId: string,
    command: PipedCommand,
    streams: PipedStreams,
    signal?: AbortSignal,
  ): Promise<{ readonly exitCode: number; readonly stderr: string }>

  /**
   * What is at an absolute path of a container, running or not: the entry itself as `''`, of a folder all that is in it;
   * nothing where nothing is. One GET. Each content has to be read or passed over. Throws `engine/archive-cut`.
   */
  readArchive(containerId: string, path: string): AsyncIterable<ArchiveEntry>

  /** The same of a path in a volume, `''` for all of it; nothing where the volume is not there. Starts nothing. */
  readVolumeArchive(name: string, path: string): AsyncIterable<ArchiveEntry>

  /**
   * Unpacks a tar archive in a folder of a container; nothing that is a folder becomes a file by it, nor the other way
   * round. Links of the container are followed. One PUT. Throws `engine/no-folder`.
   */
  writeArchive(
    containerId: string,
    folder: string,
    archive: AsyncIterable<unknown>,
    signal?: AbortSignal,
  ): Promise<void>

  /** Every network of the engine, whoever's. One GET. */
  networks(): Promise<readonly NetworkOfEngine[]>

  /** Runs a session, connected to a terminal or to pipes; gives its exit code. Aborting the signal ends the session. */
  attach(containerId: string, session: ResolvedSession, terminal: Terminal, signal: AbortSignal): Promise<number>

  /**
   * What a sandbox with a limited network asked its proxies for, those that are there; oldest first. A tunnel is told when
   * it ends. With `follow` until the signal is aborted or the last proxy ends.
   */
  proxyLog(
    sandboxId: string,
    options: { readonly follow: boolean; readonly signal: AbortSignal },
  ): AsyncIterable<Egress>

  /** Full inspect as the engine gives it, for `sbx inspect`. */
  inspect(containerId: string): Promise<Readonly<Record<string, unknown>>>

  close(): void
}

/** What stands between a sandbox and the engine's machine. */
export type Protection = {
  /** Names of the runtimes that it knows, sorted. */
  readonly runtimes: readonly string[]
  /** Whether it filters the system calls of containers (seccomp). */
  readonly hasSyscallFilter: boolean
  /** Whether it runs as a user who is not root, and who is root in each container. */
  readonly isRootless: boolean
}

export type NetworkOfEngine = {
  /** Full engine id. */
  readonly id: string
  readonly name: string
  readonly driver: string
  /** Whether it leads nowhere but to its members. */
  readonly isInternal: boolean
}

/** Where a file's worth of bytes goes to; `errored` is why it takes no more. */
export type Sink = NodeJS.WritableStream & { readonly errored: Error | null }

/** One request that a sandbox with a limited network made of its proxy. `at` in seconds since 1970, `bytes` to the sandbox. */
export type Egress = {
  readonly at: number
  readonly verdict: 'allowed' | 'refused' | 'failed'
  readonly method: string
  readonly host: string
  readonly port: number | null
  readonly bytes: number
}
