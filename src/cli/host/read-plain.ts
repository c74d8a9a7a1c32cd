import { fail } from '../../model/diagnostic.js'
import { readBounded } from '../../resolve/bounded-file.js'
import type { ReadPlain } from '../../template/git-folder.js'

/**
 * What git keeps in files of its own, in a repository that an agent may have written. Throws `diff/git-elsewhere` where
 * what is there is no file, or a link.
 */
export const readPlain: ReadPlain = async (path, most) => {
  const found = await readBounded(path, most)
  if (found.kind === 'bytes') return found.bytes
  if (found.kind === 'absent' || found.kind === 'folder') return null
  return fail('diff/git-elsewhere', 'The git repository cannot be told from another', {
    detail: `${path}: ${found.kind === 'unfit' ? found.why : 'it is too large'}.`,
  })
}
