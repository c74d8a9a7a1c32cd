// What sbx expects of an image, and what was found when it was looked for inside.

/** A point of the contract; stable, for scripts. */
export type ContractPoint =
  | 'start'
  | 'user'
  | 'owner'
  | 'shell'
  | 'sudo'
  | 'git'
  | 'certificates'
  | 'host-certificates'
  | 'agent'
  | 'agent-place'
  | 'agent-version'
  | 'home'

export type Finding = {
  readonly point: ContractPoint
  /** `missing` fails the check; a `warning` does not. */
  readonly status: 'ok' | 'missing' | 'warning'
  /** A sentence; with the way out where something is missing. */
  readonly sentence: string
}

export type CheckedTemplate = {
  readonly template: string
  readonly image: string
  readonly agent: string
  readonly findings: readonly Finding[]
}

export function keepsContract(findings: readonly Finding[]): boolean {
  return findings.every(({ status }) => status !== 'missing')
}
