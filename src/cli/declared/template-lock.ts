// sandbox.lock as a whole: every entry that the project's files, with any of their profiles, have need of.

import { type Diagnostic, DiagnosticError, fail } from '../../model/diagnostic.js'
import { type Host, readHost } from '../../resolve/host.js'
import { gitReferenceText, isGitReference, parseGitReference } from '../../template/git-reference.js'
import { isPin, type Lock, type LockKind } from '../../template/lock.js'
import { lockName, writeLock } from '../../template/lock-file.js'
import { resolveAgent } from '../../template/resolve.js'
import { formatVersion } from '../../ui/format-version.js'
import { connect } from '../call/connect.js'
import { type Declared, loadDeclared, readDeclared, requireFile } from './declared.js'
import { type Invocation, print, printJson, tell } from '../call/invocation.js'
import type { ChangeOptions, TemplateLockOptions } from '../call/options.js'
import { callPins, type CallPins, type PinOptions } from './pins.js'
import { stale } from './stale-lock.js'

const kinds = ['git', 'images', 'agents'] as const satisfies readonly LockKind[]

/** Pins what has no pin, moves what `--update` names, and drops what no file names any more. */
export async function lock(invocation: Invocation, options: TemplateLockOptions): Promise<number> {
  const host = await readHost(invocation.env)
  const update = new Set(options.update.flatMap((name) => [name, canonical(name)]))
  const pins = await pinsOfAll(invocation, host, { update })
  const names = kinds.flatMap((kind) => [...pins.used[kind].keys()])
  const unknown = options.update.filter(
    (name) => name !== 'all' && !names.includes(name) && !names.includes(canonical(name)),
  )
  if (unknown.length > 0) refuseUnknown(unknown, names)
  const before = pins.lock
  const { images, problems } = await imagePins(invocation, host, pins)
  const after: Lock = {
    git: settled(pins.used.git),
    images,
    agents: agentPins(pins),
  }
  if (pins.file !== null) await writeLock(pins.file, after)
  const changes = changesOf(before, after)
  // One document: where something is wrong it is that of the errors.
  if (invocation.options.json === true && problems.length === 0) {
    printJson(invocation, { format_version: formatVersion, file: pins.file, changes })
  } else if (invocation.options.json !== true) {
    const isDone = changes.length === 0 && problems.length === 0
    print(invocation, isDone ? [`${lockName} is up to date.`] : changes.map(changeText))
  }
  if (problems.length > 0) throw new DiagnosticError(problems)
  return 0
}

/** What the file declares; with `--locked` only where the lock has an entry for everything and for nothing else. */
export async function readDeclaredLocked(invocation: Invocation, { locked }: ChangeOptions): Promise<Declared> {
  if (locked === true) await checkLocked(invocation, await readHost(invocation.env))
  return readDeclared(invocation, { locked: locked === true })
}

/** Throws `lock/stale`. */
export async function checkLocked(invocation: Invocation, host: Host): Promise<void> {
  const pins = await pinsOfAll(invocation, host, { locked: true })
  const leftover = kinds.flatMap((kind) => Object.keys(pins.lock[kind]).filter((name) => !pins.used[kind].has(name)))
  if (leftover.length > 0) throw stale([], leftover)
}

/** With everything asked for that the file and each of its profiles name. */
async function pinsOfAll(invocation: Invocation, host: Host, options: PinOptions): Promise<CallPins> {
  const pins = callPins(invocation, host, options)
  const plain = await loadDeclared(invocation, host, pins, { profile: null })
  requireFile(plain)
  await pins.open(plain.file)
  for (const profile of [null, ...plain.profiles]) {
    const { config, origins } = profile === null ? plain : await loadDeclared(invocation, host, pins, { profile })
    const { template, agent } = config
    try {
      await resolveAgent({ template, agent: agent?.name, version: agent?.version, origins, pins })
    } catch (error) {
      // Which agent it is for may be said on the command line alone.
      if (!(error instanceof DiagnosticError && error.diagnostics[0]?.code === 'template/no-agent')) throw error
    }
  }
  return pins
}

/** A registry that cannot be asked leaves the pins of its images as they were, and keeps nothing else from being pinned. */
async function imagePins(
  invocation: Invocation,
  host: Host,
  { used, lock: before }: CallPins,
): Promise<{ readonly images: Record<string, string>; readonly problems: readonly Diagnostic[] }> {
  const missing = [...used.images].flatMap(([name, digest]) => (digest === null ? [name] : []))
  const images = settled(used.images)
  const problems: Diagnostic[] = []
  if (missing.length === 0) return { images, problems }
  const engine = await connect(invocation, host)
  try {
    for (const name of missing) {
      try {
        const digest = await engine.resolveDigest(name)
        if (digest !== null) images[name] = digest
        // A tag that is gone is no wish to be without its pin, which may well be had still.
        else if (Object.hasOwn(before.images, name)) await engine.checkPullable(name)
        else tell(invocation, [`${name} is in no registry and cannot be pinned.`])
      } catch (error) {
        if (!(error instanceof DiagnosticError) || error.kind !== 'failed') throw error
        problems.push(...error.diagnostics)
        if (Object.hasOwn(before.images, name)) images[name] = before.images[name] ?? ''
      }
    }
    return { images, problems }
  } finally {
    engine.close()
  }
}

function agentPins({ used, installed }: CallPins): Record<string, string> {
  return Object.fromEntries(
    [...used.agents].flatMap(([agent, pin]): [string, string][] => {
      const version = pin ?? installed.get(agent) ?? ''
      return isPin('agents', version) ? [[agent, version]] : []
    }),
  )
}

function settled(pins: ReadonlyMap<string, string | null>): Record<string, string> {
  return Object.fromEntries([...pins].flatMap(([name, pin]) => (pin === null ? [] : [[name, pin]])))
}

function canonical(name: string): string {
  return isGitReference(name) ? gitReferenceText(parseGitReference(name)) : name
}

type Change = {
  readonly kind: LockKind
  readonly name: string
  readonly before: string | null
  readonly after: string | null
}

function changesOf(before: Lock, after: Lock): readonly Change[] {
  return kinds.flatMap((kind) =>
    [...new Set([...Object.keys(before[kind]), ...Object.keys(after[kind])])].sort().flatMap((name) => {
      const change = { kind, name, before: before[kind][name] ?? null, after: after[kind][name] ?? null }
      return change.before === change.after ? [] : [change]
    }),
  )
}

function changeText({ name, before, after }: Change): string {
  if (after === null) return `- ${name}`
  return before === null ? `+ ${name}: ${short(after)}` : `~ ${name}: ${short(before)} -> ${short(after)}`
}

function short(pin: string): string {
  return pin.replace(/^(?:sha256:)?([0-9a-f]{12})[0-9a-f]{28,}$/, '$1')
}

function refuseUnknown(unknown: readonly string[], names: readonly string[]): never {
  fail(
    'lock/unknown-entry',
    'There is nothing of this name to pin',
    {
      detail:
        `--update names ${unknown.join(', ')}. ` +
        (names.length === 0 ? 'The file names nothing that could move.' : `There is ${names.join(', ')}.`),
    },
    'usage',
  )
}
