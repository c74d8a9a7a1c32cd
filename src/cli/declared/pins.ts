// What this call's references are pinned to: by sandbox.lock beside the project's file, else by asking now. Whatever was
// asked is known to the end of the call, so that a tag which moves meanwhile is one commit throughout.

import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ReadRemoteBase } from '../../config/remote-base.js'
import { DiagnosticError, fail, type Position } from '../../model/diagnostic.js'
import type { Note } from '../../model/note.js'
import type { Host } from '../../resolve/host.js'
import { realPathIfThere } from '../../resolve/read.js'
import { cachedFolder, fetchFolder, type Purpose } from '../../template/git-cache.js'
import { gitReferenceText, isCommit, parseGitReference, type GitReference } from '../../template/git-reference.js'
import { resolveCommit, type GitContext } from '../../template/git-remote.js'
import { emptyLock, type Lock, type LockKind } from '../../template/lock.js'
import { lockName, readLock, writeLock } from '../../template/lock-file.js'
import type { GitFolder, Pins } from '../../template/pins.js'
import { shellWord } from '../../model/shell-word.js'
import { type Invocation, telling } from '../call/invocation.js'
import { stale } from './stale-lock.js'

export type PinOptions = {
  /** Nothing may be without a pin. */
  readonly locked?: boolean
  /** No network: what is not in the cache is an error. */
  readonly offline?: boolean
  /** References whose pin is not to be taken from the lock; `all` for every one. */
  readonly update?: ReadonlySet<string>
}

type CallOptions = PinOptions & {
  /** The workspace where there is no project's file. */
  readonly workingFolder: string
  readonly signal: AbortSignal
  readonly tell: (line: string) => void
}

/** For a call: heeds its interruption, and tells what goes on. */
export function callPins(invocation: Invocation, host: Host, options: PinOptions = {}): CallPins {
  const { workingFolder, signal } = invocation
  return new CallPins(host, { ...options, workingFolder, signal, tell: telling(invocation) })
}

/** How long a plan looks whether a tag has moved, in milliseconds. */
const patience = 5_000

export class CallPins implements Pins {
  /** Each as it is pinned now; null where it is not. What the project's own files do not say is not among it. */
  readonly used: Readonly<Record<LockKind, Map<string, string | null>>> = {
    git: new Map(),
    images: new Map(),
    agents: new Map(),
  }
  /** What templates of this sbx install, by agent. */
  readonly installed = new Map<string, string>()
  readonly #host: Host
  readonly #options: CallOptions
  readonly #asked = new Map<string, Promise<string>>()
  readonly #pinned = new Map<string, { readonly reference: GitReference; readonly commit: string }>()
  #file: string | null = null
  #lock: Lock = emptyLock

  constructor(host: Host, options: CallOptions) {
    this.#host = host
    this.#options = options
  }

  /** The lock file of the project that was opened; null for none. */
  get file(): string | null {
    return this.#file
  }

  get lock(): Lock {
    return this.#lock
  }

  /** `project` is the project's file. Throws `lock/...`. */
  async open(project: string | null): Promise<void> {
    const file = project === null ? null : join(dirname(project), lockName)
    if (file === this.#file) return
    this.#lock = file === null ? emptyLock : await readLock(file)
    this.#file = file
  }

  /** For the files that extend one in a git repository. */
  readonly readRemoteBase: ReadRemoteBase = async (written, project, at) => {
    await this.open(project)
    const reference = parseGitReference(written, at)
    const folder = dirname(`/${reference.folder}`).slice(1)
    const inside = { ...reference, folder }
    const { commit, path } = await this.#folder(inside, written, 'base', at)
    return {
      file: join(path, reference.folder.slice(folder === '' ? 0 : folder.length + 1)),
      folder: path,
      // A template of the base is as the base is: at the same commit.
      template: (template) =>
        gitReferenceText({
          ...reference,
          folder: join('/', folder, template.slice(path.length)).slice(1),
          ref: commit,
        }),
    }
  }

  async folder(reference: GitReference, at?: Position): Promise<GitFolder> {
    return this.#folder(reference, gitReferenceText(reference), 'template', at)
  }

  digest(image: string, at?: Position): string | null {
    const digest = this.#pin('images', image)
    if (this.#isShared(at)) this.used.images.set(image, digest)
    if (digest === null && this.#options.locked === true) throw stale([image], [], at)
    return digest
  }

  version(agent: string, installed: string): string | null {
    const version = this.#pin('agents', agent)
    this.installed.set(agent, installed)
    this.used.agents.set(agent, version)
    if (version === null && this.#options.locked === true) throw stale([agent], [])
    return version
  }

  /** Writes the commits that had to be asked for into the lock, beside what is there; gives their references. */
  async keep(): Promise<void> {
    const file = this.#file
    if (file === null) return
    const lock = await readLock(file)
    const added = [...this.used.git].flatMap(([reference, commit]): [string, string][] =>
      commit === null || Object.hasOwn(lock.git, reference) ? [] : [[reference, commit]],
    )
    if (added.length === 0) return
    try {
      await writeLock(file, { ...lock, git: { ...lock.git, ...Object.fromEntries(added) } })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && ['EACCES', 'EROFS', 'EPERM'].includes(String(error.code)))) {
        throw error
      }
      this.#options.tell(`Nothing is pinned: ${file} cannot be written.`)
      return
    }
    for (const [reference, commit] of added) {
      this.#options.tell(`Pinned ${reference} to commit ${commit.slice(0, 12)} in ${lockName}.`)
    }
  }

  /** For `--upgrade`, which moves no pin: what there is to say of each that this call goes by. */
  heldBack(): readonly string[] {
    const agents = [...this.used.agents].filter(([name, version]) => version !== this.installed.get(name))
    const names = [
      ...this.#pinned.keys(),
      ...[...this.used.images, ...agents].flatMap(([name, pin]) => (pin === null ? [] : name)),
    ]
    return names.map(
      (name) => `${name} stays as ${lockName} pins it. To move it: sbx template lock --update ${shellWord(name)}`,
    )
  }

  /** Which of the pins that were taken from the lock are behind what their references mean now. */
  async moved(): Promise<readonly Note[]> {
    const notes = await Promise.all(
      [...this.#pinned].map(async ([name, { reference, commit }]): Promise<readonly Note[]> => {
        try {
          const now = await resolveCommit(reference, this.#context(), patience)
          return now === commit ? [] : [{ kind: 'ref-moved', reference: name, from: commit, to: now }]
        } catch (error) {
          if (!(error instanceof DiagnosticError) || error.kind !== 'failed') throw error
          const why = error.diagnostics[0]?.summary ?? ''
          this.#options.tell(`${name} is taken as it is pinned; whether it has moved is not known: ${why}.`)
          return []
        }
      }),
    )
    return notes.flat()
  }

  async #folder(reference: GitReference, name: string, purpose: Purpose, at: Position | undefined): Promise<GitFolder> {
    this.#refuseWorkspace(reference, at)
    const context = this.#context(at)
    const commit = await this.#commit(reference, name, context)
    const root = join(this.#host.cacheFolder, 'git')
    const cached = await cachedFolder(root, reference, commit, purpose)
    if (cached !== null) return { commit, path: cached }
    if (this.#options.offline === true) return notFetched(name, at)
    this.#options.tell(`Fetching ${name} at commit ${commit.slice(0, 12)}`)
    return { commit, path: await fetchFolder(root, reference, commit, purpose, context) }
  }

  async #commit(reference: GitReference, name: string, context: GitContext): Promise<string> {
    if (isCommit(reference.ref)) return reference.ref
    const pinned = this.#pin('git', name)
    if (pinned !== null) this.#pinned.set(name, { reference, commit: pinned })
    else if (this.#options.locked === true) throw stale([name], [], context.at)
    else if (this.#options.offline === true) notFetched(name, context.at)
    const asked =
      this.#asked.get(name) ?? (pinned === null ? resolveCommit(reference, context) : Promise.resolve(pinned))
    this.#asked.set(name, asked)
    const commit = await asked
    if (this.#isShared(context.at)) this.used.git.set(name, commit)
    return commit
  }

  #context(at?: Position): GitContext {
    return { env: this.#host.programEnv(), signal: this.#options.signal, at }
  }

  #pin(kind: LockKind, name: string): string | null {
    const { update } = this.#options
    if (update?.has('all') === true || update?.has(name) === true) return null
    return Object.hasOwn(this.#lock[kind], name) ? (this.#lock[kind][name] ?? null) : null
  }

  /** A flag, or a file that is this user's alone, has no place in what all share. */
  #isShared(at: Position | undefined): boolean {
    return at !== undefined && !at.file.startsWith(this.#host.configFolder + sep)
  }

  /** git would read the settings of a repository that an agent can write. */
  #refuseWorkspace({ url }: GitReference, at: Position | undefined): void {
    if (!url.startsWith('file:')) return
    const workspace = this.#file === null ? this.#options.workingFolder : dirname(this.#file)
    const path = realPathIfThere(fileURLToPath(url)) ?? fileURLToPath(url)
    if (path !== workspace && !path.startsWith(workspace + sep)) return
    fail('template/git-workspace', 'The git repository is in the workspace', {
      detail: `${path} can be written by the sandbox, its settings too. Name a folder of it instead, such as ./templates/python.`,
      at,
    })
  }
}

function notFetched(name: string, at: Position | undefined): never {
  fail('template/git-not-fetched', 'The git repository was not fetched yet', { detail: `${name} is not here.`, at })
}
