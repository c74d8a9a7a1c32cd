import type { ImageInfo } from 'dockerode'
import { labels, snapshotName, type Scope } from '../../model/names.js'

/** By its id where it has lost its name: to a newer one of the same container, when two applies kept its files at once. */
export function snapshotReferences(
  scope: Scope,
  { Id: id, RepoTags: tags, Labels: from }: ImageInfo,
): { readonly reference: string; readonly sandboxId: string }[] {
  const sandboxId = from?.[labels.sandbox] ?? ''
  const isOurs = (tag: string): boolean => tag.startsWith(`${snapshotName(scope, sandboxId)}:`)
  const names = (tags ?? []).filter((tag) => tag !== '<none>:<none>')
  const isNameless = names.length === 0 && from?.[labels.role] === 'snapshot' && isOurs(from[labels.name] ?? '')
  return (isNameless ? [id] : names.filter(isOurs)).map((reference) => ({ reference, sandboxId }))
}
