// The objects of a repository that nobody vouches for.

import { DiagnosticError, fail } from '../model/diagnostic.js'
import { git, GitFailure, type GitCall } from './git.js'
import type { GitFolders } from './git-folder.js'
import { mostMemory } from './git-memory.js'
import { noRevision } from './git-name.js'
import { unreadable, withView } from './git-view.js'

export type ObjectContext = Pick<GitCall, 'env' | 'signal'>

/** For what takes git no time, in milliseconds. */
const limit = 30_000

/** Asks git for objects alone, in one repository. */
export type Objects = {
  /** The full id of the commit that an expression over ids means; `written` is what the user said. */
  commit(expression: string, written: string): Promise<string>
  /**
   * What stands at a path in a commit, itself and not what is in it; or the link, file or submodule that stands in the way
   * to it. Null for nothing.
   */
  entry(commit: string, path: string): Promise<ObjectEntry | null>
  /** `most` in bytes. */
  content(object: string, most: number): Promise<Buffer>
}

export type ObjectEntry = {
  /** The path that was asked for, or the beginning of it. */
  readonly path: string
  readonly kind: 'file' | 'link' | 'folder' | 'submodule'
  readonly object: string
  /** In bytes; 0 of what has none. */
  readonly size: number
}

/** Does the work with the objects of a repository. Throws `diff/...` and `template/git-missing`. */
export async function withObjects<T>(
  folders: GitFolders,
  idLength: number,
  context: ObjectContext,
  work: (objects: Objects) => Promise<T>,
): Promise<T> {
  return withView(folders, { idLength }, (view) => work(objectsIn(view, context)))
}

function objectsIn(view: string, context: ObjectContext): Objects {
  const call = { ...context, env: { ...context.env, GIT_LITERAL_PATHSPECS: '1' }, repository: view, limit, mostMemory }
  const entryAt = async (commit: string, path: string): Promise<ObjectEntry | null> => {
    const args = ['ls-tree', '-z', '-l', '--full-tree', commit, '--', path]
    const listed = (await asked(args, { ...call, mostOutput: 64 * 1024 }, missing)).toString()
    if (listed === '') return null
    const [, mode = '', object = '', size = '', found] =
      /^([0-7]{6}) \w+ ([0-9a-f]+) +(\d+|-)\t([^\0]*)\0$/s.exec(listed) ?? []
    if (found !== path) return missing(`${path} is listed without its object`)
    return { path, kind: kindOf(mode), object, size: Number(size === '-' ? 0 : size) }
  }
  return {
    commit: async (expression, written) => {
      const args = ['rev-parse', '--verify', '--quiet', `${expression}^{commit}`]
      const found = await asked(args, call, () => noRevision(written))
      return found.toString().trim()
    },
    entry: async (commit, path) => {
      const found = await entryAt(commit, path)
      if (found !== null) return found
      const parts = path.split('/')
      for (let length = 1; length < parts.length; length++) {
        const above = await entryAt(commit, parts.slice(0, length).join('/'))
        if (above?.kind !== 'folder') return above
      }
      return null
    },
    content: async (object, most) => asked(['cat-file', 'blob', object], { ...call, mostOutput: most }, missing),
  }
}

function kindOf(mode: string): ObjectEntry['kind'] {
  switch (mode) {
    case '040000':
      return 'folder'
    case '120000':
      return 'link'
    case '160000':
      return 'submodule'
    default:
      return 'file'
  }
}

async function asked(args: readonly string[], call: GitCall, onFailure: (said: string) => never): Promise<Buffer> {
  try {
    return await git(args, call)
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error
    if (error.reason === 'failed') return onFailure(error.said)
    if (error.reason === 'aborted') {
      const told = { severity: 'error', code: 'diff/interrupted', summary: 'Interrupted' } as const
      throw new DiagnosticError([told], 'interrupted')
    }
    if (error.reason === 'missing') {
      fail('template/git-missing', 'git is not installed', { detail: 'There is no git on the PATH. Install it.' })
    }
    return missing(`${args[0] ?? ''} gives too much, or takes too long`)
  }
}

function missing(said: string): never {
  const words = said.trim().split('\n').slice(-1).join('').slice(0, 300)
  unreadable(
    `git says: ${words} Objects that are fetched only when they are needed, or borrowed from another repository ` +
      '(alternates), are not read.',
  )
}
