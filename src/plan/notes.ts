// What is worth knowing and changes nothing: images and recipes that moved on, what other names left behind.

import type { DesiredSandbox } from '../model/desired.js'
import { usesVolume, type ListedContainer, type LiveContainer, type LiveSandbox } from '../model/live.js'
import type { Note } from '../model/plan.js'

export function movedTag(
  desired: DesiredSandbox,
  live: Pick<LiveSandbox, 'images' | 'newer'>,
  container: ListedContainer,
): Extract<Note, { kind: 'tag-moved' }> | null {
  const { reference, movable } = desired.image
  const imageId = live.newer?.[reference] ?? live.images[reference] ?? null
  if (!movable || imageId === null || container.imageReference !== reference || container.imageId === imageId)
    return null
  return { kind: 'tag-moved', reference, from: container.imageId, to: imageId }
}

/** `entrypoint` is the version that this sbx would pass in. */
export function newerRecipes(desired: DesiredSandbox, container: ListedContainer, entrypoint: string): Note[] {
  return [
    ...(container.recipe === desired.image.recipe ? [] : [{ kind: 'newer-recipe', what: 'image' } as const]),
    ...(container.entrypoint === entrypoint ? [] : [{ kind: 'newer-recipe', what: 'entrypoint' } as const]),
  ]
}

/**
 * Sandboxes that an edit or a move left behind. A moved folder keeps its inode; whether a folder is gone altogether only
 * the caller can know.
 */
    ...(container.fixed.isOlder ? [{ kind: 'newer-recipe', what: 'settings' } as const] : []),
export function leftBehind(
  desired: DesiredSandbox,
  live: Pick<LiveSandbox, 'others' | 'containers'>,
  missingWorkspaces: readonly string[],
): Note[] {
  const byId = new Map(live.others.map((other) => [other.sandbox.id, other.sandbox]))
  byId.delete(desired.id)
  const sorted = [...byId.values()].sort((left, right) => (left.id < right.id ? -1 : 1))
  return sorted.flatMap((other): Note[] => {
    const { id, displayName, workspace, agent } = other
    if (workspace !== desired.workspace) {
      const isGone = missingWorkspaces.includes(workspace) || other.inode === desired.inode
      return isGone ? [{ kind: 'orphan', id, displayName, workspace }] : []
    }
    if (other.profile !== desired.profile) return []
    if (agent === desired.agent) return [{ kind: 'renamed-from', id, displayName }]
    // Several agents may well share a folder; only while this one is new can it be an edit of the other.
    const isNew = live.containers.length === 0
    return isNew && displayName === desired.displayName ? [{ kind: 'renamed-from', id, displayName, agent }] : []
  })
}

/** Other sandboxes that run with the login that this one will have. */
export function sharedLogin(desired: DesiredSandbox, { others }: Pick<LiveSandbox, 'others'>): Note[] {
  const { loginVolume, rotatingLogin, agent, id } = desired
  if (loginVolume === null || rotatingLogin === undefined) return []
  const sharing = others.filter((other) => other.sandbox.id !== id && usesVolume(other, loginVolume))
  const sandboxes = [...new Set(sharing.map(({ sandbox }) => sandbox.id))].sort()
  return sandboxes.length === 0 ? [] : [{ kind: 'shared-login', agent, sandboxes, instead: rotatingLogin.instead }]
}

/** Told when a container is made, and not in every plan after that. */
export function unpublished({ unpublished: ports = [] }: DesiredSandbox): Note[] {
  return ports.length === 0 ? [] : [{ kind: 'unpublished-ports', ports }]
}
