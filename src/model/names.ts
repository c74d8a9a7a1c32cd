// Names and labels of what sbx makes on an engine. They are the only state there is, so one file decides them.

import { createHash } from 'node:crypto'
import { canonicalJson, type JsonValue } from './json.js'
import type { ContainerSpec, ProxySpec, RecordSpec } from './spec.js'

export const labels = {
  sandbox: 'dev.sbx.sandbox',
  role: 'dev.sbx.role',
  /** The object's own name. Labels are inherited by images and copies; an object is ours only if this equals its name. */
  name: 'dev.sbx.name',
  displayName: 'dev.sbx.display-name',
  workspace: 'dev.sbx.workspace',
  inode: 'dev.sbx.inode',
  agent: 'dev.sbx.agent',
  profile: 'dev.sbx.profile',
  version: 'dev.sbx.version',
  entrypoint: 'dev.sbx.entrypoint',
  recipe: 'dev.sbx.recipe',
  /** The image as it was named at creation: a list call shows its id instead once the name has moved on. */
  image: 'dev.sbx.image',
  replaces: 'dev.sbx.replaces',
  /** Of the mark of an adoption: the sandbox whose home is on its way. */
  adopts: 'dev.sbx.adopts',
  /** Of what sbx makes for the time of a call: the process that does. */
  holder: 'dev.sbx.holder',
  /** What sbx decided for it as for every sandbox of its time, as JSON. */
  settings: 'dev.sbx.settings',
  /** When the container stopped whose files are in a snapshot; what is made from the snapshot inherits it. */
  carriedAt: 'dev.sbx.carried-at',
  /** What these files come to, in bytes. */
  carriedBytes: 'dev.sbx.carried-bytes',
  /** Digest of the list of these files, which is among them. */
  keptList: 'dev.sbx.kept-list',
  spec: 'dev.sbx.spec',
  scope: 'dev.sbx.scope',
} as const

export const agentHome = '/home/agent'
export const loginFolder = '/run/sbx/login'
/** Where the socket of the user's ssh agent is. */
export const sshSocketTarget = '/run/sbx/ssh-agent.sock'
/** Of sessions that go on when nobody looks: emptied at each start. */
export const sessionsFolder = '/run/sbx/sessions'
/** What outlives the container of them: how they ended, and what they printed. */
export const sessionHistory = `${agentHome}/.local/state/sbx/sessions`

/**
 * Objects of one scope never meet those of another: another name prefix, another label. The user's own is the empty
 * one; tests take one each, so that they can run beside each other and beside a person's real sandboxes.
 */
export type Scope = string

export function namePrefix(scope: Scope): string {
  return scope === '' ? 'sbx-' : `sbx_${scope}-`
}

export function digest(value: JsonValue, length: number): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, length)
}

/** Lower case [a-z0-9-], at most 40 characters, never empty. */
export function slug(name: string): string {
  const slugged = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replaceAll(/^-+|-+$/g, '')
  return slugged === '' ? 'sandbox' : slugged
}

export type SandboxIdentity = {
  readonly machineId: string
  readonly name: string
  /** Real path. */
  readonly workspace: string
  readonly agent: string
  readonly profile: string | null
}

/** `<name>-<6 hex>`: the same for the same folder, agent and profile on the same machine, and for nothing else. */
export function sandboxId(identity: SandboxIdentity): string {
  const { machineId, name, workspace, agent, profile } = identity
  return `${slug(name)}-${digest([machineId, workspace, agent, profile], 6)}`
}

/** What is built for one sandbox's setup, without the tag. */
export function setupImageName(scope: Scope, id: string): string {
  return `localhost/${namePrefix(scope)}${id}`
}

/** The image of a container's own files, without the tag. */
export function snapshotName(scope: Scope, id: string): string {
  return `localhost/${namePrefix(scope)}kept-${id}`
}

/** One container has one snapshot, so that a second try takes the place of the first. */
export function snapshotReference(scope: Scope, id: string, containerId: string): string {
  return `${snapshotName(scope, id)}:${containerId.slice(0, 12)}`
}

export function homeVolumeName(scope: Scope, id: string): string {
  return `${namePrefix(scope)}${id}-home`
}

/** Of a clone. One sandbox has one for good, so that a new container finds it. */
export function workspaceVolumeName(scope: Scope, id: string): string {
  return `${namePrefix(scope)}${id}-workspace`
}

/** That the agent works on in a clone, and that its commits are fetched to. */
export function cloneBranch(displayName: string, profile: string | null): string {
  return `sbx/${slug(profile === null ? displayName : `${displayName}-${profile}`)}`
}

/** @param path in the workspace. */
export function ownVolumeName(scope: Scope, id: string, path: string): string {
  return `${namePrefix(scope)}${id}-own-${digest(path, 8)}`
}

/** Of whatever path. */
export function isOwnVolumeName(scope: Scope, id: string, name: string): boolean {
  const prefix = `${namePrefix(scope)}${id}-own-`
  return name.startsWith(prefix) && /^[0-9a-f]{8}$/.test(name.slice(prefix.length))
}

/** How far an adoption is, in the order in which it gets there. */
export const adoptionPhases = ['aside', 'copying', 'copied'] as const
export type AdoptionPhase = (typeof adoptionPhases)[number]

/** An empty volume that says so. */
export function adoptionName(scope: Scope, id: string, phase: AdoptionPhase): string {
  return `${namePrefix(scope)}${id}-adopting-${phase}`
}

/** The home that a sandbox had, while another takes its place. */
export function asideVolumeName(scope: Scope, id: string): string {
  return `${namePrefix(scope)}${id}-home-aside`
}

/** The name that the original `docker sandbox run` used, so that a login made there is found. */
export function loginVolumeName(scope: Scope, agent: string): string {
  return `${scope === '' ? '' : namePrefix(scope)}docker-${agent}-sandbox-data`
}

/** Of a container that is made to look into an image for a sandbox, and removed at once. */
export function lookName(scope: Scope, id: string, imageId: string): string {
  return `${namePrefix(scope)}look-${id}-${digest(imageId, 8)}`
}

export function openNetworkName(scope: Scope): string {
  return `${namePrefix(scope)}open`
}

/** `replaces` is the full id of the container that this one takes over from. */
export function containerName(scope: Scope, id: string, spec: ContainerSpec, replaces: string | null): string {
  return `${namePrefix(scope)}${id}-agent-${digest([spec, replaces], 8)}`
}

/** The sandbox's own, where what it may reach is limited. */
export function limitedNetworkName(scope: Scope, id: string): string {
  return `${namePrefix(scope)}${id}-net`
}

/** `replaces` is the full id of the proxy that this one takes over from. */
export function proxyName(scope: Scope, id: string, spec: ProxySpec, replaces: string | null): string {
  return `${namePrefix(scope)}${id}-proxy-${digest([spec, replaces], 8)}`
}

export function recordName(scope: Scope, id: string, spec: RecordSpec): string {
  return `${namePrefix(scope)}${id}-record-${digest(spec, 8)}`
}

/** Short text for "config 9f3c1a2": of what was asked for, without a secret in it. */
export function configDigest(container: ContainerSpec, record: RecordSpec): string {
  return digest([container, record], 7)
}
