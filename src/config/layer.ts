// One layer of the config: what one file, one profile in it or the flags of this call say, in the config's own shape.

import type { Config, Origin } from '../model/config.js'
import type { JsonPointer } from '../model/json.js'

export type Layer = {
  readonly config: Config
  readonly origins: Readonly<Record<JsonPointer, Origin>>
}

export type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** A layer while it is being written. */
export type LayerDraft = {
  readonly config: Writable<Config>
  readonly origins: Record<JsonPointer, Origin>
}

export function emptyDraft(): LayerDraft {
  return { config: {}, origins: {} }
}
