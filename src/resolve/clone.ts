// A workspace that is a clone: what it is a clone of, and why it cannot be one.

import type { Config, Origins } from '../model/config.js'
import type { DesiredSandbox, SandboxLabels } from '../model/desired.js'
import type { Diagnostic } from '../model/diagnostic.js'
import { pointer } from '../model/json.js'
import { cloneBranch } from '../model/names.js'
import { diagnosticAt } from './origins.js'
import { isAtOrBeneath } from './paths.js'

/** Of the repository that the workspace is in; found by who knows git. */
export type RepositoryFacts = {
  /** Top of the working tree, a real path. */
  readonly root: string
  /** Full id of the commit that it is at; null where there is none yet. */
  readonly head: string | null
  /** Of the paths that the file hides those that this commit has. */
  readonly tracked: readonly string[]
}

export type Clone = {
  /** Absent where there can be none. */
  readonly clone?: NonNullable<DesiredSandbox['clone']>
  readonly problems: readonly Diagnostic[]
}

export function resolveClone(
  config: Config,
  origins: Origins,
  { displayName, profile, workspace }: Pick<SandboxLabels, 'displayName' | 'profile' | 'workspace'>,
  repository: RepositoryFacts | null,
): Clone {
  const problems: Diagnostic[] = []
  const problem = (at: string, code: string, summary: string, detail: string): void => {
    problems.push(diagnosticAt(origins, at, { severity: 'error', code, summary, detail }))
  }
  const mode = pointer('workspace', 'mode')
  if (config.workspace?.readonly === true) {
    const detail = 'The clone has to be written to be made. Leave "readonly" out, or write "mode: bind".'
    problem(pointer('workspace', 'readonly'), 'resolve/readonly-clone', 'A clone cannot be read-only', detail)
  }
  if (repository === null) {
    const detail = `${workspace} is in no git repository. To make it one: git init, and a first commit.`
    problem(mode, 'resolve/clone-no-repository', 'There is no repository to clone', detail)
    return { problems }
  }
  if (repository.root !== workspace) {
    const detail = `The repository begins at ${repository.root}. Put sandbox.yaml there, or write "mode: bind".`
    problem(mode, 'resolve/clone-not-top', 'The workspace is not the top of its repository', detail)
  }
  const ofGit = Object.keys(config.workspace?.hide ?? {}).filter((path) => isAtOrBeneath(path, '.git'))
  for (const path of [...repository.tracked, ...ofGit]) {
    const detail = ofGit.includes(path)
      ? `A clone has all of the history, and so what is in ${path}. Take it out of "hide", or write "mode: bind".`
      : `${path} is committed, so that the clone and its history have it. Take it out of both, or out of "hide".`
    problem(
      pointer('workspace', 'hide', path),
      'resolve/hide-tracked',
      'What is committed cannot be hidden in a clone',
      detail,
    )
  }
  if (repository.head === null) {
    const detail = `The repository in ${repository.root} has no commit yet, so there is nothing to begin with. Make one.`
    problem(mode, 'clone/empty', 'The repository is empty', detail)
    return { problems }
  }
  return { clone: { branch: cloneBranch(displayName, profile), head: repository.head }, problems }
}
