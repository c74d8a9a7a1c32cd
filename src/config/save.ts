// The flags of a call written into sandbox.yaml, so that they need not be given again. What is in the file, comments and
// order too, stays as it is.

import { relative } from 'node:path'
import { Document, isMap, isScalar, isSeq, parseDocument } from 'yaml'
import { fail } from '../model/diagnostic.js'
import { flagLayer, type RunFlags } from './flags.js'
import { isWrong, parseMount, parseTarget } from './short-forms.js'

export type SaveRequest = {
  /** The file's text, valid; null where there is none yet. */
  readonly text: string | null
  readonly flags: RunFlags
  /** Of the call: what relative paths in the flags are relative to. */
  readonly workingFolder: string
  /** Of the file: what relative paths in it are relative to. */
  readonly fileFolder: string
  readonly home: string
}

/** The new text of the file. Throws a DiagnosticError of kind `usage` for flags that cannot be used. */
export function saveFlags({ text, flags, workingFolder, fileFolder, home }: SaveRequest): string {
  if (typeof flags.clone === 'string') {
    const detail =
      '--clone: A clone with a name is one more sandbox, and the file is for all of them. Leave out the name, or --save.'
    fail('config/bad-flag', 'The value of a flag cannot be used', { detail }, 'usage')
  }
  const { config } = flagLayer(flags, { directory: workingFolder, home })
  const document = text === null ? new Document({ version: 1 }) : parseDocument(text)
  const written = (path: string): string => pathInFile(path, fileFolder, home)

  if (config.agent?.name !== undefined) saveAgent(document, config.agent.name)
  for (const key of ['name', 'credentials', 'socket'] as const) {
    if (config[key] !== undefined) document.set(key, config[key])
  }
  if (config.workspace?.mode !== undefined) document.setIn(['workspace', 'mode'], config.workspace.mode)
  if (config.template !== undefined) {
    document.set('template', config.template.startsWith('/') ? written(config.template) : config.template)
  }
  for (const [name, value] of Object.entries(config.env ?? {})) document.setIn(['env', name], value)
  for (const [target, { source, readonly }] of Object.entries(config.mounts ?? {})) {
    saveMount(document, target, `${written(source)}:${target}${readonly ? ':ro' : ''}`)
  }
  return document.toString({ lineWidth: 0 })
}

function saveAgent(document: Document, agent: string): void {
  if (isMap(document.get('agent'))) document.setIn(['agent', 'name'], agent)
  else document.set('agent', agent)
}

function saveMount(document: Document, target: string, mount: string): void {
  const mounts = document.get('mounts')
  if (!isSeq(mounts)) {
    document.set('mounts', document.createNode([mount]))
    return
  }
  const at = mounts.items.findIndex((item) => targetOf(item) === target)
  if (at === -1) mounts.add(document.createNode(mount))
  else mounts.set(at, document.createNode(mount))
}

function targetOf(item: unknown): string | null {
  const written = isMap(item)
    ? item.get('target')
    : isScalar(item) && typeof item.value === 'string'
      ? shortTarget(item.value)
      : null
  if (typeof written !== 'string') return null
  const parsed = parseTarget(written)
  return isWrong(parsed) ? null : parsed.target
}

function shortTarget(text: string): string | null {
  const parsed = parseMount(text)
  return isWrong(parsed) ? null : parsed.target
}

/** Such that the file means the same to a teammate: relative within the project, from `~` within the home. */
function pathInFile(path: string, fileFolder: string, home: string): string {
  // One that begins with a variable.
  if (!path.startsWith('/')) return path
  const fromFile = relative(fileFolder, path)
  if (!fromFile.startsWith('..') && !fromFile.startsWith('/')) return `./${fromFile}`
  const fromHome = relative(home, path)
  return fromHome.startsWith('..') || fromHome.startsWith('/') ? path : `~/${fromHome}`
}
