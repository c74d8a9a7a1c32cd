// A template: where an image comes from, and what its agent needs. The descriptor is `template.yaml` beside a Dockerfile.

import type { JsonObject } from './json.js'

/** One file of a build context, by its path in it. */
export type ContextFile = { readonly mode: number } & (
  | { readonly text: string }
  /** `digest` is SHA-256 in hex of what was read: the file is read again for a build, and must be the same. */
  | { readonly hostPath: string; readonly digest: string }
  | { readonly link: string }
)

export type BuildContext = {
  readonly files: Readonly<Record<string, ContextFile>>
  readonly dockerfile: string
  readonly buildArgs: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
}

/** Images in the order they must be there. A tag names its content, so a tag that exists needs no build. */
export type ImageStep =
  | { readonly do: 'pull-image'; readonly reference: string }
  | {
      readonly do: 'build-image'
      readonly tag: string
      readonly aliases: readonly string[]
      readonly context: BuildContext
    }

export type ImageSource = {
  /** What the container is created from. */
  readonly reference: string
  /** Version of the recipe, outside the spec's hash: an older one is a note, never a change. */
  readonly recipe: string
  /** Whether the reference is a name that can move (an image given by the user), so that its id is compared. */
  readonly movable: boolean
  readonly steps: readonly ImageStep[]
}

/** JSON merged into a file of the agent's config folder before a session, so that it asks nothing it need not. */
export type Seed = {
  /** Relative to the config folder. */
  readonly file: string
  /** Only when this variable is set in the session. */
  readonly whenEnv?: string
  /** `{workspace}` and `{env:NAME:last20}` stand in keys and strings. */
  readonly merge: JsonObject
}

export type AgentDescriptor = {
  readonly agent: string
  readonly version: string | null
  readonly command: readonly string[]
  readonly autonomy: { readonly full: readonly string[]; readonly ask: readonly string[] }
  readonly env: Readonly<Record<string, string>>
  /** The config folder inside and the variable that moves it. */
  readonly config: { readonly folder: string; readonly env: string } | null
  /** The variable that moves the login alone, its file there, and where the host keeps its own. */
  readonly login: {
    readonly env: string
    readonly file: string
    readonly hostFile: string | null
    readonly hostKeychain: string | null
    /** Variable that hands a session the host's access token. */
    readonly tokenEnv: string
    /** Pointer to the access token, and to its expiry in milliseconds since 1970, in the login file. */
    readonly token: string
    readonly expires: string
  } | null
  readonly keys: readonly string[]
  readonly seeds: readonly Seed[]
}

export type ResolvedTemplate = {
  readonly spec: import('./spec.js').TemplateSpec
  readonly image: ImageSource
  readonly agent: AgentDescriptor
}
