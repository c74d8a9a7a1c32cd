// What two versions of a file let a sandbox reach, beside each other: of the file without a profile and of each profile,
// as a sandbox of its own.

import type { ConfigVersion } from '../../config/version.js'
import type { Layer } from '../../config/layer.js'
import type { LoadedConfig } from '../../model/config.js'
import { DiagnosticError } from '../../model/diagnostic.js'
import { type Grant, widens } from '../../model/grant.js'
import type { Reach } from '../../model/reach.js'
import type { ContainerSpec } from '../../model/spec.js'
import type { UnreadBase, VersionDiff, WrittenGrant } from '../../model/version-diff.js'
import { isNothingNew, openedGrants, reachOf } from '../../plan/opened-grants.js'
import { declaredGrants, declaredSpec, type DeclaredTemplate } from '../../resolve/declared-grants.js'
import { builtInNames } from '../../template/built-in.js'
import { gitReferenceText, isCommit, isGitReference, parseGitReference } from '../../template/git-reference.js'
import type { Lock } from '../../template/lock.js'
import { isMovable, parseTemplateReference } from '../../template/ref.js'

export type WrittenVersion = {
  /** Null where the version has no file. */
  readonly config: ConfigVersion | null
  readonly lock: Lock
  /** The folder of the file, absolute. */
  readonly workspace: string
  readonly home: string
}

type Side = {
  readonly grants: readonly Grant[]
  readonly origins: LoadedConfig['origins']
  readonly containerSpec: ContainerSpec
  readonly hidden: readonly string[]
  readonly reach: Reach
}

export function compareGrants(from: WrittenVersion, to: WrittenVersion): VersionDiff['grants'] {
  const ofFile = compareSides(sideOf(from, from.config?.base), sideOf(to, to.config?.base), null)
  const names = [...Object.keys(from.config?.profiles ?? {}), ...Object.keys(to.config?.profiles ?? {})]
  const ofProfiles = [...new Set(names)].sort().map((name) => {
    // A profile that one of them does not have is compared with what the file says without it.
    const [old, wanted] = [from, to].map((version) => sideOf(version, profileOf(version, name) ?? version.config?.base))
    return compareSides(old ?? null, wanted ?? null, name)
  })
  const all = (kind: keyof VersionDiff['grants']): WrittenGrant[] => {
    const told = new Set(ofFile[kind].map(sameness))
    return [...ofFile[kind], ...ofProfiles.flatMap((each) => each[kind].filter((grant) => !told.has(sameness(grant))))]
  }
  return { added: all('added'), removed: all('removed'), changed: all('changed') }
}

/** Whether the newer version reaches further, or may. */
export function reachesFurther({ grants, unread }: Pick<VersionDiff, 'grants' | 'unread'>): boolean {
  return (
    grants.added.length > 0 ||
    grants.changed.some((grant) => widens(grant, grant.before)) ||
    unread.some(({ op }) => op === 'add')
  )
}

export function compareUnread(from: WrittenVersion, to: WrittenVersion): readonly UnreadBase[] {
  const [old, wanted] = [from, to].map(unreadOf)
  const isAmong = (each: UnreadBase, others: readonly UnreadBase[] = []): boolean =>
    others.some(({ reference, commit }) => reference === each.reference && commit === each.commit)
  return [
    ...(wanted ?? []).map((each): UnreadBase => ({ ...each, op: isAmong(each, old) ? 'same' : 'add' })),
    ...(old ?? []).filter((each) => !isAmong(each, wanted)).map((each): UnreadBase => ({ ...each, op: 'remove' })),
  ]
}

function unreadOf({ config, lock }: WrittenVersion): readonly UnreadBase[] {
  return (config?.unread ?? []).map(({ reference, at }) => {
    const commit = isGitReference(reference) ? (pinOf(reference, reference, lock) ?? null) : null
    return { reference, commit, at, op: 'same' }
  })
}

function profileOf({ config }: WrittenVersion, name: string): Layer | undefined {
  return config !== null && Object.hasOwn(config.profiles, name) ? config.profiles[name]?.whole : undefined
}

function sideOf({ lock, workspace, home }: WrittenVersion, layer: Layer | undefined): Side | null {
  if (layer === undefined) return null
  const { config, origins } = layer
  const declaration = { config, origins, workspace, home, template: templateOf(config.template, lock) }
  const containerSpec = declaredSpec(declaration)
  const hidden = Object.keys(config.workspace?.hide ?? {})
  const reach = reachOf(containerSpec, hidden)
  return { grants: declaredGrants(declaration), origins, containerSpec, hidden, reach }
}

function compareSides(from: Side | null, to: Side | null, profile: string | null): VersionDiff['grants'] {
  const [old, wanted] = [from, to].map((side) => new Map((side?.grants ?? []).map((grant) => [grant.key, grant])))
  const shown = ({ subject: _, ...grant }: Grant): WrittenGrant => ({ ...grant, profile })
  const lacking = (grants: readonly Grant[] = [], others?: ReadonlyMap<string, Grant>, reach?: Reach): Grant[] =>
    grants.filter((grant) => others?.has(grant.key) !== true && !isNothingNew(grant, reach ?? null))
  return {
    added: [...lacking(to?.grants, old, from?.reach), ...opened(to, from)].map(shown),
    removed: [
      ...lacking(from?.grants, wanted, to?.reach).filter(({ key }) => !isStillRun(key, to)),
      ...opened(from, to).map((grant) => ({ ...grant, summary: givenUp(grant) })),
    ].map(shown),
    changed: (to?.grants ?? []).flatMap((grant) => {
      const before = old?.get(grant.key)?.value
      return before === undefined || before === grant.value ? [] : [{ ...shown(grant), before }]
    }),
  }
}

/** With the open network commands of a build are no grant of their own, and are run all the same. */
function isStillRun(key: string, to: Side | null): boolean {
  return key === 'setup' && to?.reach.network === 'open' && to.containerSpec.setup.length > 0
}

/** What is no grant but where there was less of it; of a first file what a sandbox without one does not have either. */
function opened(wanted: Side | null, before: Side | null): readonly Grant[] {
  return wanted === null ? [] : openedGrants(wanted, before?.reach ?? null)
}

/** Of what was open before: the words for opening it would be the wrong way round. */
function givenUp({ key, value }: Grant): string {
  switch (key) {
    case 'network':
      return value === 'open' ? "the open network (internet, local network, this host's ports)" : 'a network'
    case 'write':
      return 'writing to the workspace'
    case 'host-files':
      return "the workspace's files on this machine"
    case 'sudo':
      return 'root inside'
    case 'isolation':
      return `isolation by ${value}`
    case 'shared-login':
      return 'the login that sandboxes of this agent share'
    default:
      return key.startsWith('show:') ? `${value} of the workspace` : key
  }
}

function sameness({ key, value, before, summary }: WrittenGrant): string {
  return JSON.stringify([key, value, before ?? null, summary])
}

/** One that cannot be is taken for an image of that name: whether there is such a template is another question. */
function templateOf(written: string | undefined, lock: Lock): DeclaredTemplate | null {
  if (written === undefined) return null
  try {
    const template = parseTemplateReference(written, builtInNames())
    if (template.kind === 'git') {
      const reference = gitReferenceText(template)
      return { kind: 'git', reference, commit: pinOf(written, reference, lock) }
    }
    if (template.kind !== 'image') return template
    const { reference } = template
    return { kind: 'image', reference, digest: isMovable(reference) ? own(lock.images, reference) : undefined }
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    return { kind: 'image', reference: written }
  }
}

/** What a git reference is pinned to, by itself or in the lock; undefined where it is not. */
function pinOf(written: string, name: string, lock: Lock): string | undefined {
  try {
    const { ref } = parseGitReference(written)
    return isCommit(ref) ? ref : own(lock.git, name)
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    return undefined
  }
}

function own(pins: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(pins, name) ? pins[name] : undefined
}
