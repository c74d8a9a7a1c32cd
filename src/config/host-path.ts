// Paths of the host as they are written in a file or a flag.

import { resolve, sep } from 'node:path'
import { escapeReferences } from './reference-text.js'
import type { RemoteFolder } from './remote-base.js'
import type { Wrong } from './short-forms.js'

export type PathContext = {
  /** What relative paths are relative to; absolute. */
  readonly directory: string
  /** What `~` is; absolute. */
  readonly home: string
  /** Of a file that comes from a git repository. */
  readonly remote?: RemoteFolder
}

/** Links are not followed and nothing is asked of the disk. */
export function absolutePath(written: string, context: PathContext): { readonly path: string } | Wrong {
  const { directory, home, remote } = context
  if (written === '~' || written.startsWith('~/')) return { path: resolve(home, `.${written.slice(1)}`) }
  if (written.startsWith('~')) return { wrong: `"${written}" names another user's home; write the path in full.` }
  const variable = /^\$([A-Za-z_][A-Za-z0-9_]*)/.exec(written)
  if (variable !== null) {
    return {
      wrong: `"${written}" is taken as it stands: $${variable[1]} is not replaced. A path can begin with ~/ for your home.`,
    }
  }
  const path = resolve(directory, written)
  const isOutside = remote !== undefined && path !== remote.folder && !path.startsWith(remote.folder + sep)
  if (isOutside && !written.startsWith('/')) {
    return { wrong: `"${written}" leads out of the folder that was fetched from the git repository.` }
  }
  return { path }
}

/** The same for the source of a mount, in which `${env:NAME}` stays for later. */
export function absoluteSource(written: string, context: PathContext): { readonly path: string } | Wrong {
  // A reference at the beginning decides itself where the path begins.
  if (written.startsWith('${env:')) return { path: written }
  if (context.remote !== undefined && !/^[/~]/.test(written)) {
    return { wrong: `"${written}" is in a git repository, and a mount is of a folder of this machine.` }
  }
  // The folder's own name is no place for references.
  return absolutePath(written, {
    directory: escapeReferences(context.directory),
    home: escapeReferences(context.home),
  })
}

/** What a `template:` names: a folder of this machine as its path, one of a git repository and all others as a reference. */
export function templatePath(written: string, context: PathContext): { readonly path: string } | Wrong {
  if (!isFolderTemplate(written)) return { path: written }
  const result = absolutePath(written, context)
  const isRemote = context.remote !== undefined && !/^[/~]/.test(written)
  return 'wrong' in result || !isRemote ? result : { path: context.remote.template(result.path) }
}

/** A template that is a folder; every other is a name. */
export function isFolderTemplate(template: string): boolean {
  return /^(?:~?\/|\.{1,2}(?:\/|$)|~$)/.test(template)
}
