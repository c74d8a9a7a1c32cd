// Which of several containers of one sandbox is the one that people work in. There are several only after an apply that
// did not finish, or while two run at once.

import type { ContainerState, ListedContainer } from '../model/live.js'

export function isRunning(container: { readonly state: ContainerState }): boolean {
  return container.state === 'running' || container.state === 'paused' || container.state === 'restarting'
}

/**
 * Those that run come before those that once ran, and those before the ones that never did: a replacement that was
 * made and not started holds nothing yet, one that was started has taken over. Among equals the last of the chain that
 * `.replaces` makes is newer; of two that replace the same one the older wins, as it does where two applies meet.
 */
export function containerInUse<Listed extends ListedContainer>(containers: readonly Listed[]): Listed | null {
  const generation = generations(containers)
  const ranked = [...containers].sort(
    (left, right) =>
      liveness(right) - liveness(left) ||
      (generation.get(right.id) ?? 0) - (generation.get(left.id) ?? 0) ||
      olderFirst(left, right),
  )
  return ranked[0] ?? null
}

export function olderFirst(left: ListedContainer, right: ListedContainer): number {
  return left.createdAt - right.createdAt || (left.id < right.id ? -1 : left.id > right.id ? 1 : 0)
}

function liveness(container: ListedContainer): number {
  if (isRunning(container)) return 2
  return container.state === 'exited' ? 1 : 0
}

/** How many of the containers at hand stand before each in its chain. */
function generations(containers: readonly ListedContainer[]): ReadonlyMap<string, number> {
  const byId = new Map(containers.map((container) => [container.id, container]))
  const depth = (container: ListedContainer, seen: ReadonlySet<string>): number => {
    const before = container.replaces === null ? undefined : byId.get(container.replaces)
    return before === undefined || seen.has(before.id) ? 0 : 1 + depth(before, new Set([...seen, before.id]))
  }
  return new Map(containers.map((container) => [container.id, depth(container, new Set([container.id]))]))
}
