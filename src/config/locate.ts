// Finding the project's file: upwards from the working folder, no further than the git root or the home folder.

import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
// The class behind `cosmiconfig()`. That function itself first looks into the working folder for settings of its own and
// runs a .config/config.js it finds there; a repository could have sbx run its code that way.
import { Explorer } from 'cosmiconfig/dist/Explorer.js'
import { fail } from '../model/diagnostic.js'
import { failUnreadable, isFitToRead, isThereAtAll } from './read.js'

export const fileName = 'sandbox.yaml'
export const mistakenName = 'sandbox.yml'

/** Absolute; null where there is none. Throws a DiagnosticError for a file of nearly the right name. */
export async function locateProjectFile(workingFolder: string, home: string, uid: number): Promise<string | null> {
  const explorer = new Explorer({
    moduleName: 'sandbox',
    searchPlaces: [fileName, mistakenName],
    // One folder at a time: the strategies it has stop at a package.json or look into folders of no concern.
    searchStrategy: 'none',
    // Only where it is. What cosmiconfig reads may be half a character, anyone's, or have an `$import` that it follows.
    loaders: { '.yaml': found, '.yml': found },
    ignoreEmptySearchPlaces: false,
    cache: false,
    transform: (result) => result,
    metaConfigFilePath: null,
    mergeImportArrays: false,
    mergeSearchPlaces: false,
    applyPackagePropertyPathToConfiguration: false,
  })
  // The working folder comes without links in it, and HOME as someone wrote it.
  const realHome = isThereAtAll(home) ? realpathSync.native(home) : home
  for (let folder = workingFolder; ; folder = dirname(folder)) {
    // cosmiconfig passes over what it cannot read, and would wait for ever on a named pipe.
    const isThere = isFitToRead(join(folder, fileName), uid)
    const result = await explorer.search(folder)
    if (result === null && isThere) failUnreadable(join(folder, fileName), 'you may not read it')
    if (result !== null) {
      if (result.filepath.endsWith(mistakenName)) failMisnamed(result.filepath)
      return result.filepath
    }
    const isTop = folder === home || folder === realHome || folder === dirname(folder)
    if (isTop || isThereAtAll(join(folder, '.git'))) return null
  }
}

export function failMisnamed(file: string): never {
  fail('config/wrong-name', 'The file has another name than sbx looks for', {
    detail: `${file} is not read; the name is ${fileName}.`,
    command: `mv ${mistakenName} ${fileName}`,
  })
}

function found(): object {
  return {}
}
