// The engine resolves bind sources as root, and again at every start. Whoever can write above a source can put a link
// there and have any folder of the host mounted at the next start. So before every start: no source beneath a path that a
// sandbox can write, no link in any source, and every source as it was granted.

import type { Origins } from '../model/config.js'
import { DiagnosticError, fail, type Diagnostic } from '../model/diagnostic.js'
import { pointer } from '../model/json.js'
import { shellWord } from '../model/shell-word.js'
import type { ContainerSpec } from '../model/spec.js'
import { statWithoutLinks } from './host-file.js'
import { diagnosticAt } from './origins.js'
import { isBeneath } from './paths.js'
import { errorCode } from './read.js'

/** A sandbox beside this one, as far as it matters here; a `ListedContainer` is one. */
export type Neighbour = {
  readonly sandbox: { readonly displayName: string }
  readonly spec: Pick<ContainerSpec, 'workspace' | 'mounts'>
}

/**
 * Throws all that is wrong with the bind sources of a container. It looks at the disk at this moment: call it directly
 * before a start, and in the plan, so that it is known early.
 */
export async function checkSources(request: {
  readonly spec: Pick<ContainerSpec, 'workspace' | 'mounts'>
  readonly others: readonly Neighbour[]
  readonly origins?: Origins
}): Promise<void> {
  const { spec, others, origins = {} } = request
  const problems: Diagnostic[] = []
  for (const [target, { source }] of Object.entries(spec.mounts)) {
    const problem = (code: string, summary: string, detail: string): void => {
      problems.push(diagnosticAt(origins, pointer('mounts', target), { severity: 'error', code, summary, detail }))
    }
    const above = writableAbove(source, spec, others)
    if (above !== undefined) {
      const { code, summary } = swappable(source, above)
      problem(code, summary, swappableDetail(source, target, above))
    }
    const why = linkOrAbsence(source)
    if (why !== null) {
      const detail = `${source}, the source of ${target}, ${why}.`
      problem('resolve/source-changed', 'The source of a mount is not what it was', detail)
    }
  }
  // Nothing of this machine is mounted for a clone.
  const why = spec.workspace.mode === 'clone' ? null : linkOrAbsence(spec.workspace.path)
  if (why !== null) {
    const detail = `${spec.workspace.path} ${why}.`
    problems.push({
      severity: 'error',
      code: 'resolve/workspace-changed',
      summary: 'The workspace is not what it was',
      detail,
    })
  }
  if (problems.length > 0) throw new DiagnosticError(problems)
}

function swappable(source: string, { other }: Above): { readonly code: string; readonly summary: string } {
  return other !== undefined && isGitFolder(source)
    ? {
        code: 'worktree/beside-folder',
        summary: 'No work tree can be used beside a sandbox in the repository itself',
      }
    : { code: 'resolve/writable-source', summary: 'The source of a mount can be swapped by an agent' }
}

function isGitFolder(source: string): boolean {
  return /\/\.git(\/modules\/|$)/.test(source)
}

/** `other` is the name of one that is not the sandbox itself. */
type Above = { readonly path: string; readonly other?: string }

function swappableDetail(source: string, target: string, { path, other }: Above): string {
  const who = other === undefined ? 'this sandbox' : `sandbox ${other}`
  const of = source === target ? '' : `, the source of ${target},`
  const why =
    `${source}${of} lies in ${path}, which ${who} can write: an agent could put a link there and reach any folder of ` +
    'this machine.'
  if (other === undefined || !isGitFolder(source)) return `${why} Move it out, or make that folder read-only.`
  const first = `${why} Beside a sandbox that works in the repository itself there can be clones of it:`
  return `${first} \`sbx run --clone NAME\`. Or remove that one (\`sbx rm ${shellWord(other)}\`), and let each work in a work tree: \`sbx run --worktree BRANCH\`.`
}

/** Throws where a sandbox that is there could swap a folder for a link, before anything else of it is looked at. */
export function checkUnswappable(source: string, others: readonly Neighbour[]): void {
  const above = writableByOthers(source, others)
  if (above === undefined) return
  const { code, summary } = swappable(source, above)
  fail(code, summary, { detail: swappableDetail(source, source, above) })
}

function writableAbove(source: string, spec: Neighbour['spec'], others: readonly Neighbour[]): Above | undefined {
  const own = writablePaths(spec).find((path) => isBeneath(source, path))
  return own === undefined ? writableByOthers(source, others) : { path: own }
}

function writableByOthers(source: string, others: readonly Neighbour[]): Above | undefined {
  for (const { sandbox, spec: other } of others) {
    const path = writablePaths(other).find((each) => isBeneath(source, each))
    if (path !== undefined) return { path, other: sandbox.displayName }
  }
  return undefined
}

/** Host paths that a container of this spec can write. */
export function writablePaths(spec: Neighbour['spec']): readonly string[] {
  const known = pathsOf.get(spec)
  if (known !== undefined) return known
  const paths = [
    ...(spec.workspace.readonly || spec.workspace.mode === 'clone' ? [] : [spec.workspace.path]),
    ...Object.values(spec.mounts).flatMap((mount) => (mount.readonly ? [] : [mount.source])),
  ]
  pathsOf.set(spec, paths)
  return paths
}

/** Each of many sandboxes asks it of all the others. */
const pathsOf = new WeakMap<Neighbour['spec'], readonly string[]>()

/** Why a real path is none any more, as the end of a sentence about it; null where it still is one. */
function linkOrAbsence(path: string): string | null {
  try {
    return statWithoutLinks(path).isSymbolicLink() ? 'has become a link' : null
  } catch (error) {
    switch (errorCode(error)) {
      case 'ENOENT':
        return 'is not there any more'
      case 'ENOTDIR':
      case 'ELOOP':
        return 'has a link or a file on the way to it'
      case undefined:
        throw error
      default:
        return `cannot be reached (${errorCode(error)})`
    }
  }
}
