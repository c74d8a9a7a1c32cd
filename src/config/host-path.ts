// Paths of the host as they are written in a file or a flag.

import { resolve } from 'node:path'
import { escapeReferences } from './reference-text.js'
import type { Wrong } from './short-forms.js'

export type PathContext = {
  /** What relative paths are relative to; absolute. */
  readonly directory: string
  /** What `~` is; absolute. */
  readonly home: string
}

/** Links are not followed and nothing is asked of the disk. */
export function absolutePath(written: string, { directory, home }: PathContext): { readonly path: string } | Wrong {
  if (written === '~' || written.startsWith('~/')) return { path: resolve(home, `.${written.slice(1)}`) }
  if (written.startsWith('~')) return { wrong: `"${written}" names another user's home; write the path in full.` }
  const variable = /^\$([A-Za-z_][A-Za-z0-9_]*)/.exec(written)
  if (variable !== null) {
    return {
      wrong: `"${written}" is taken as it stands: $${variable[1]} is not replaced. A path can begin with ~/ for your home.`,
    }
  }
  return { path: resolve(directory, written) }
}

/** The same for the source of a mount, in which `${env:NAME}` stays for later. */
export function absoluteSource(written: string, context: PathContext): { readonly path: string } | Wrong {
  // A reference at the beginning decides itself where the path begins.
  if (written.startsWith('${env:')) return { path: written }
  // The folder's own name is no place for references.
  return absolutePath(written, {
    directory: escapeReferences(context.directory),
    home: escapeReferences(context.home),
  })
}

/** A template that is a folder; every other is a name. */
export function isFolderTemplate(template: string): boolean {
  return /^(?:~?\/|\.{1,2}(?:\/|$)|~$)/.test(template)
}
