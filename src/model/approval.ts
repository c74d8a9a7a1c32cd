// What was approved of a sandbox and what it has, to be listed.

/** Who said yes: the user, to the grant itself or in their policy, or an earlier sbx, which kept that on the engine alone. */
export type ApprovedBy = 'user' | 'policy' | 'record'

export type ApprovedGrant = {
  readonly key: string
  readonly value: string
  /** ISO 8601; null where that is not known, or nobody approves of it any more. */
  readonly approvedAt: string | null
  /** Whether the sandbox has it; null where the engine cannot be asked. */
  readonly isInUse: boolean | null
  /** Null where nobody does any more. */
  readonly by: ApprovedBy | null
}

/** `unsure`: it is not there, but may be on a disk that is not mounted, or cannot be looked at. */
export type FolderState = 'there' | 'gone' | 'unsure'

export type ApprovedSandbox = {
  readonly id: string
  readonly name: string
  readonly workspace: string
  readonly folder: FolderState
  readonly grants: readonly ApprovedGrant[]
}
