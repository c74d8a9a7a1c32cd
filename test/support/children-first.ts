import type Docker from 'dockerode'

/** In an order in which images can be removed: the engine lists the newest first, and those of one second in any order. */
export function childrenFirst(images: readonly Docker.ImageInfo[]): Docker.ImageInfo[] {
  const parents = new Set(images.map(({ ParentId }) => ParentId))
  const leaves = images.filter(({ Id }) => !parents.has(Id))
  if (leaves.length === 0) return [...images]
  return [...leaves, ...childrenFirst(images.filter((image) => !leaves.includes(image)))]
}
