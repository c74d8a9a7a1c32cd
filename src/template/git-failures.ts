// What is told where git, here or in the sandbox, does not do what sbx asks of it.

import { DiagnosticError, fail } from '../model/diagnostic.js'
import { GitFailure, tooOld } from './git.js'
import { isTooLarge, mostMemory } from './git-memory.js'
import { GitPipeFailure } from './git-pipe.js'

/** Gives what the work gives. Throws `clone/...` `template/git-missing` and `template/git-old` in place of what git failed with. */
export async function toldIfFailed<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof GitFailure) return tellNear(error)
    if (error instanceof GitPipeFailure) return tellPipe(error)
    throw error
  }
}

function tellNear({ reason, said }: GitFailure): never {
  if (reason === 'aborted') interrupted()
  if (reason === 'missing') missing()
  if (reason === 'failed' && isTooLarge(said)) return tooLarge()
  if (reason === 'failed') return failed(`git says: ${lastWords(said)}`)
  return failed(reason === 'time' ? 'git takes too long.' : 'git says more than sbx reads.')
}

function tellPipe({ reason, said, far }: GitPipeFailure): never {
  const old = reason === 'near' || reason === 'far' ? tooOld(said) : null
  if (old !== null) throw old
  switch (reason) {
    case 'aborted':
      return interrupted()
    case 'missing':
      return missing()
    case 'no-transport':
      return fail('clone/no-transport', 'Your git cannot talk over a pipe', {
        detail: 'It comes without its helper git-remote-fd. Install the git of your system as a whole.',
      })
    case 'silence':
      return failed('The git in the sandbox says nothing.')
    case 'size':
    case 'output':
      return failed('The git in the sandbox sends more than sbx takes.')
    case 'far':
      return failed(
        far?.exitCode === 127
          ? 'There is no git in the sandbox. Have its template install it.'
          : `The git in the sandbox says: ${lastWords(far?.stderr ?? '')}`,
      )
    case 'near':
      if (isTooLarge(said)) return tooLarge()
      return /fsck error|index-pack failed/i.test(said) && !/early EOF/i.test(said)
        ? fail('clone/unsafe-objects', 'The clone has what git takes from nobody', {
            detail: `Nothing of it was taken. git says: ${lastWords(said)}`,
          })
        : failed(`git says: ${lastWords(said)}`)
  }
}

function tooLarge(): never {
  fail('clone/too-large', 'What git is to read is too large', {
    detail:
      `git on this machine would take more than the ${String(mostMemory / 1024 ** 3)} GiB of memory that sbx gives it, as for a ` +
      'very large file that was changed a little. Nothing of it was taken. Commit such a file in the sandbox to Git LFS, or copy it: sbx cp',
  })
}

function missing(): never {
  fail('template/git-missing', 'git is not installed', { detail: 'There is no git on the PATH. Install it.' })
}

function interrupted(): never {
  const told = { severity: 'error', code: 'clone/interrupted', summary: 'Interrupted' } as const
  throw new DiagnosticError([told], 'interrupted')
}

function failed(detail: string): never {
  fail('clone/git-failed', 'git did not do it', { detail })
}

/** Of errors and what is fatal, where there is such. Much of it is the sandbox's. */
export function lastWords(said: string): string {
  const lines = said
    .split(/[\r\n]/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const grave = lines.filter((line) => /\b(?:fatal|error|rejected)\b/i.test(line))
  return (grave.length > 0 ? grave : lines)
    .slice(0, 3)
    .map((line) => line.slice(0, 300))
    .join('\n')
}
