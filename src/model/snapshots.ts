// When to look for snapshots that no container stands on. An engine shows them only to who lists its images, which a plan
// that finds all as it shall be does not do.

import type { ListedContainer, LiveRecord } from './live.js'

/**
 * Whether a container or a record is there that has no business beside the one container and its record, or no record where
 * there was one: another hand took it, and with it what it said. `hasHome`: something was there before.
 */
export function mayHaveIdleSnapshots(
  containers: readonly Pick<ListedContainer, 'spec'>[],
  records: readonly Pick<LiveRecord, 'spec'>[],
  hasHome: boolean,
): boolean {
  if (records.length === 0) return containers.length > 0 || hasHome
  if (containers.length > 1 || records.length > 1) return true
  const stoodOn = containers[0]?.spec.carried?.image
  return records.some(({ spec: { snapshot } }) => snapshot !== undefined && snapshot !== stoodOn)
}
