// What is worth knowing and changes nothing: images and recipes that moved on, logins that are shared.

import type { DesiredSandbox } from '../model/desired.js'
import {
  usesVolume,
  type ListedContainer,
  type LiveContainer,
  type LiveRecord,
  type LiveSandbox,
} from '../model/live.js'
import { pointer } from '../model/json.js'
import type { Note } from '../model/note.js'
import type { FieldChange } from '../model/plan.js'
import type { CarriedSpec, RecordSpec } from '../model/spec.js'

export function movedTag(
  desired: DesiredSandbox,
  live: Pick<LiveSandbox, 'images' | 'newer'>,
  container: ListedContainer,
): Extract<Note, { kind: 'tag-moved' }> | null {
  const { reference, movable } = desired.image
  const imageId = live.newer?.[reference] ?? live.images[reference] ?? null
  const base = templateImage(container)
  if (!movable || imageId === null || base.reference !== reference || base.id === imageId) return null
  return { kind: 'tag-moved', reference, from: base.id, to: imageId }
}

/** What its template gave when it was made, whether it stands on that or on a snapshot of what did. */
export function templateImage({ spec, imageReference, imageId }: ListedContainer): CarriedSpec['base'] {
  return spec.carried?.base ?? { reference: imageReference, id: imageId }
}

/** One that got no further than its record has left no container. */
export function unfinishedApply(
  leftovers: readonly LiveContainer[],
  { records }: Pick<LiveSandbox, 'records'>,
): Note[] {
  if (leftovers.length === 0 && records.length < 2) return []
  const times = leftovers.length > 0 ? leftovers.map(({ createdAt }) => createdAt) : records.map(secondsOf)
  const at = Math.max(...times)
  return [{ kind: 'unfinished-apply', containers: leftovers.map(({ name }) => name), at }]
}

function secondsOf({ createdAt }: LiveRecord): number {
  return Math.floor(Date.parse(createdAt) / 1000) || 0
}

/** `entrypoint` is the version that this sbx would pass in. */
export function newerRecipes(desired: DesiredSandbox, container: LiveContainer, entrypoint: string): Note[] {
  const held = container.spec.carried === undefined ? {} : ({ isHeld: true } as const)
  return [
    ...(container.recipe === desired.image.recipe ? [] : [{ kind: 'newer-recipe', what: 'image', ...held } as const]),
    ...(container.entrypoint === entrypoint ? [] : [{ kind: 'newer-recipe', what: 'entrypoint' } as const]),
    ...(container.fixed.isOlder ? [{ kind: 'newer-recipe', what: 'settings' } as const] : []),
  ]
}

/** Other sandboxes that run with the login that this one will have. */
export function sharedLogin(desired: DesiredSandbox, { others }: Pick<LiveSandbox, 'others'>): Note[] {
  const { loginVolume, rotatingLogin, agent, id } = desired
  if (loginVolume === null || rotatingLogin === undefined) return []
  const sharing = others.filter((other) => other.sandbox.id !== id && usesVolume(other, loginVolume))
  const sandboxes = [...new Set(sharing.map(({ sandbox }) => sandbox.id))].sort()
  return sandboxes.length === 0 ? [] : [{ kind: 'shared-login', agent, sandboxes, instead: rotatingLogin.instead }]
}

/** Flags lie over the file for their call alone: what they said is no edit of the file. What it has by now is not dropped. */
export function droppedFlags(
  { flags }: Pick<RecordSpec, 'flags'>,
  applied: Pick<RecordSpec, 'flags'> | null,
  changes: readonly Pick<FieldChange, 'path' | 'origin'>[],
): Note[] {
  if (applied === null || Object.keys(flags).length > 0) return []
  const isMissed = (path: string): boolean =>
    changes.some((change) => change.origin === 'config' && `${change.path}/`.startsWith(`${path}/`))
  const dropped = Object.entries(applied.flags).flatMap(([flag, values]) =>
    values.flatMap((value) => {
      const path = flag === '-e' ? pointer('env', value) : flagPaths[flag]
      return path !== undefined && isMissed(path) ? [value === '' ? flag : `${flag} ${value}`] : []
    }),
  )
  return dropped.length === 0 ? [] : [{ kind: 'flags-dropped', flags: dropped }]
}

/** What a flag of `sbx run` says, but for variables, which have a field each. */
const flagPaths: Readonly<Record<string, string>> = {
  '-v': '/mounts',
  '-t': '/template',
  '--mount-docker-socket': '/socket',
  '--credentials': '/credentials',
  '--clone': '/workspace/mode',
}

/**
 * Told when a container is made, and not in every plan after that. Sudo does not work in gVisor; and who works in a folder of
 * root's is root inside, whatever the file says.
 */
export function toldOnce({ unpublished: ports = [], isRootInside, noGit, containerSpec }: DesiredSandbox): Note[] {
  const { isolation, sudo } = containerSpec
  return [
    ...(ports.length === 0 ? [] : [{ kind: 'unpublished-ports', ports } as const]),
    ...(isolation === 'runsc' && sudo !== false ? [{ kind: 'no-sudo-here', why: 'gvisor' } as const] : []),
    ...(isRootInside === true ? [{ kind: 'no-sudo-here', why: 'root-owner' } as const] : []),
    ...(noGit === undefined ? [] : [{ kind: 'no-git-here', why: noGit } as const]),
  ]
}
