// The options of each verb, as commander gives them.

/** True for the working folder. */
export type AllOptions = { readonly all?: true | string[] }
export type InitOptions = { readonly agent?: string; readonly force?: boolean }
export type PullPolicy = 'missing' | 'always' | 'never'
export type ChangeOptions = {
  readonly upgrade?: boolean
  readonly recreate?: boolean
  readonly pull?: PullPolicy
  readonly locked?: boolean
  readonly keep?: boolean
  readonly discard?: boolean
  readonly refreshHome?: boolean
}
/** `tell` is for what a person should know beside the plan. */
export type PlanningOptions = ChangeOptions & {
  readonly tell: (line: string) => void
  /** Workspaces that are known to be gone; looked for where nobody has yet. */
  readonly missingWorkspaces?: readonly string[]
  /** What records say of the folders of others; looked for where nobody has yet. */
  readonly folders?: Readonly<Record<string, string>>
  /** sbx needs it for a moment, and no file asks for it: a policy on every sandbox is none on this. */
  readonly isThrowAway?: true
  /** Which commands of `prepare` run, where it is not those that have to. */
  readonly prepares?: 'all' | 'none'
}
/** What `plan -o` saves of a call: what shapes the plan, and what may be lost. */
export type PlanChoices = ChangeOptions & Pick<ApprovalOptions, 'force' | 'wait'>
export type ApprovalOptions = {
  readonly yes?: boolean
  readonly force?: boolean
  readonly wait?: boolean
  readonly allow: readonly string[]
  readonly allowWiden?: boolean
}
export type RunOptions = ChangeOptions &
  ApprovalOptions & {
    readonly env: readonly string[]
    readonly volume: readonly string[]
    readonly template?: string
    readonly mountDockerSocket?: boolean
    readonly credentials?: 'sandbox' | 'none' | 'host'
    readonly name?: string
    readonly workspace?: string
    /** Branch whose work tree the workspace is to be. */
    readonly worktree?: string
    /** True without a name. */
    readonly clone?: string | true
    readonly reset?: boolean
    readonly save?: boolean
    /** False with `--no-prepare`. */
    readonly prepare?: boolean
    readonly detach?: boolean
    readonly notify?: boolean
    readonly new?: boolean
  }
export type ExecOptions = { readonly env: readonly string[] }
export type ListOptions = { readonly kept?: boolean }
export type RemoveOptions = {
  readonly volumes?: boolean
  readonly force?: boolean
  readonly export?: string
  readonly worktree?: boolean
  /** What is in a clone and nowhere else. */
  readonly discard?: boolean
}
export type AdoptOptions = { readonly yes?: boolean; readonly force?: boolean; readonly discard?: boolean }
export type PruneOptions = { readonly volumes?: boolean; readonly yes?: boolean; readonly discard?: boolean }
export type TemplateLockOptions = { readonly update: readonly string[] }
export type TemplateCheckOptions = { readonly agent?: string }
export type LoginOptions = { readonly status?: boolean }
export type RevokeOptions = { readonly all?: boolean }
export type FetchOptions = { readonly wip?: boolean; readonly all?: boolean }
export type NetLogOptions = { readonly follow?: boolean }
export type LogsOptions = { readonly follow?: boolean; readonly raw?: boolean }
export type LogoutOptions = { readonly yes?: boolean }
export type DiffOptions = { readonly markdown?: boolean; readonly detailedExitcode?: boolean }
/** `--no-stream` makes it false. */
export type StatsOptions = { readonly stream?: boolean }
