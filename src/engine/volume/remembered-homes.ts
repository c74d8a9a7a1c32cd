import type { ImageHome, ImageHomes } from '../../model/home.js'

/** For as long as this connection. */
export function rememberedHomes(): ImageHomes {
  const known = new Map<string, ImageHome>()
  return {
    get: async (imageId) => known.get(imageId) ?? null,
    async put(imageId, home) {
      known.set(imageId, home)
    },
  }
}
