// A template: where an image comes from, and what its agent needs. The descriptor is `template.yaml` beside a Dockerfile.

import type { Position } from './diagnostic.js'
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
  /** Where the last instructions of the Dockerfile are written, one each, so that a failure names that line. */
  readonly lastLines?: readonly (Position | undefined)[]
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

/** When something is part of a session: all that is said must hold. */
export type Condition = {
  /** This variable is set in the session, and not empty. */
  readonly env?: string
  /** Whether the session has a login of the agent: the sandboxes' shared one, or the host's. */
  readonly login?: boolean
  readonly autonomy?: Autonomy
}

export type Autonomy = 'full' | 'ask'

/** JSON merged into a file of the agent's config folder before a session, so that it asks nothing it need not. */
export type Seed = {
  /** Relative to the config folder. */
  readonly file: string
  readonly when: Condition
  /** `{workspace}` and `{env:NAME:last20}` stand in keys and strings. */
  readonly merge: JsonObject
}

/** What a session is started with under a condition. `{workspace}` and `{env:NAME}` stand in both. */
export type SessionPart = {
  readonly when: Condition
  /** Directly behind the command. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

export type AutonomyArguments = {
  /** In front of the agent's other arguments. */
  readonly args: readonly string[]
  /** In place of those, directly behind the first of these words that is among the agent's arguments. */
  readonly after: Readonly<Record<string, readonly string[]>>
}

export type LoginFile = {
  /** Absolute, in the home: where the agent keeps it. With a variable that moves the login, relative to its folder. */
  readonly path: string
  /**
   * What the file can hold, in words a person knows, each with the JSON pointer to a value that is there then. A file
   * with none of them is no login. `''` points to the whole.
   */
  readonly kinds: Readonly<Record<string, string>>
  /** The keys that are the login, where the file has settings beside it: they stay the sandbox's own. */
  readonly members?: readonly string[]
  /** Where the file has an entry for each provider: what one may be, to be shared. Any other stays the sandbox's own. */
  readonly entries?: {
    /** The key that the entries are beneath; absent where they are the file. */
    readonly in?: string
    /** What an entry's `type` may be; absent where it has none. */
    readonly types?: readonly string[]
    /** JSON pointers in an entry to the values that it may have. */
    readonly members: readonly string[]
  }
}

/** The agent's login, which all its sandboxes share: in a volume that holds nothing else. */
export type AgentLogin = {
  /** Variable that moves the login alone; null: the files are copied in before a session, and back after it. */
  readonly env: string | null
  readonly files: readonly LoginFile[]
  /** The agent's own command that logs in, for `sbx login`; null: its first session does. */
  readonly command: readonly string[] | null
  /** Whether the agent renews it by one that makes the last invalid, so that sandboxes at the same time can lose it. */
  readonly rotates: boolean
  /** What to use where several sandboxes run at the same time, as a sentence. */
  readonly instead: string | null
  /** The host's own login, for `credentials: host`; a sentence says why there is none. */
  readonly host: HostLogin | { readonly cannot: string }
}

export type HostLogin = {
  /** `~` is the host's home. */
  readonly file: string | null
  /** Its name in the Keychain of macOS. */
  readonly keychain: string | null
  /** Variable that hands a session the host's access token. */
  readonly tokenEnv: string
  /** Pointer to the access token, and to its expiry in milliseconds since 1970, in the file. */
  readonly token: string
  readonly expires: string
}

export type AgentDescriptor = {
  readonly agent: string
  /** The name that people know. */
  readonly title: string
  /** What it is installed from, for reading. */
  readonly package: string | null
  readonly version: string | null
  readonly command: readonly string[]
  /** Its arguments for a single prompt, `{prompt}` in them; null where it has no such form. */
  readonly oneShot: readonly string[] | null
  readonly autonomy: Readonly<Record<Autonomy, AutonomyArguments>>
  readonly session: readonly SessionPart[]
  readonly env: Readonly<Record<string, string>>
  /** The config folder inside, and the variable that moves it where there is one. */
  readonly config: { readonly folder: string; readonly env: string | null } | null
  readonly login: AgentLogin | null
  readonly keys: readonly string[]
  /** Arguments that have it say whether it works or waits, of sessions that others can look at. Absent: it has none. */
  readonly state?: { readonly args: readonly string[] }
  /** Hosts that it cannot do without. */
  readonly hosts: readonly string[]
  readonly seeds: readonly Seed[]
  /** What is known to go wrong, a sentence each. */
  readonly known: readonly string[]
}

export type ResolvedTemplate = {
  readonly spec: import('./spec.js').TemplateSpec
  readonly image: ImageSource
  readonly agent: AgentDescriptor
}
