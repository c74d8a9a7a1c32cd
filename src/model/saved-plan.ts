// A plan on its way from the one who reviews it to the one who does it: what it was made of, so that it can be told
// whether any of that has moved since.

import type { JsonObject, JsonPointer, JsonValue } from './json.js'

/** What a plan was made of. Digests of what is asked for; of what the engine has, the facts that inspect shows. */
export type Fingerprint = {
  readonly sandboxId: string
  readonly config: {
    /** SHA-256 of all that is asked for, in hex. */
    readonly digest: string
    /** The beginning of a digest for each setting, so that one that has changed can be named. */
    readonly settings: Readonly<Record<JsonPointer, string>>
  }
  /** Which key made the digests of host values; null where there is none. */
  readonly digestKey: string | null
  /** By full id. */
  readonly containers: Readonly<Record<string, JsonObject>>
  /** When each was made, by name. */
  readonly records: Readonly<Record<string, string>>
  readonly home: boolean
  /** Names of the volumes of its clone and its own folders, sorted. Absent where there are none. */
  readonly volumes?: readonly string[]
  /** Id by reference, null where the engine does not have it. */
  readonly images: Readonly<Record<string, string | null>>
  /** Version of the entrypoint that sbx passes in. */
  readonly entrypoint: string
}

/** One thing that a saved plan was made of and that is another now. */
export type Moved = {
  readonly what:
    | 'sandbox'
    | 'engine'
    | 'config'
    | 'key'
    | 'container'
    | 'record'
    | 'home'
    | 'volumes'
    | 'image'
    | 'registry'
    | 'entrypoint'
    | 'files'
    | 'clone'
    | 'sessions'
    | 'grant'
    | 'step'
  /** Which of its kind: a container's full id, a record, an image. */
  readonly name?: string
  /** Pointer to what of it, `/observed/resources/memory`. */
  readonly fact?: JsonPointer
  /** Absent where there was none. */
  readonly before?: JsonValue
  readonly after?: JsonValue
  /** The settings that differ, of a config. */
  readonly settings?: readonly JsonPointer[]
  /** When it came to be as it is, in seconds since 1970. */
  readonly at?: number
}
