// The user's own command for when a session ends that nobody looks at, beside their policy. Never a project's: it is run on
// this machine.

import { isAbsolute, join } from 'node:path'
import { DiagnosticError, type Diagnostic } from '../model/diagnostic.js'
import { isJsonObject, pointer } from '../model/json.js'
import { readOwnFile } from './own-file.js'
import type { ParsedFile } from './parse.js'
import { positionAt } from './source-text.js'

export type NotifyPlace = {
  readonly configFolder: string
  readonly home: string
  readonly uid: number
}

export type Notify = {
  readonly file: string
  /** A program, absolute or to be found on PATH, and its arguments. */
  readonly command: readonly [string, ...string[]]
}

/** Null where there is none. Throws a DiagnosticError with all that is wrong with it. */
export function readNotify({ configFolder, home, uid }: NotifyPlace): Notify | null {
  const parsed = readOwnFile({
    ...{ configFolder, name: 'notify.yaml', uid },
    writable: { code: 'notify/writable', summary: 'Others can change what is run on this machine', detail: '' },
  })
  return parsed && { file: parsed.file, command: commandOf(parsed, home) }
}

function commandOf(file: ParsedFile, home: string): Notify['command'] {
  const problems: Diagnostic[] = []
  const add = (path: string, detail: string): void => {
    const span = file.values.get(path) ?? { start: 0, end: 1 }
    problems.push({
      ...{ severity: 'error', code: 'notify/invalid', summary: 'The command cannot be meant' },
      ...{ detail, at: positionAt(file, span) },
    })
  }
  const root = isJsonObject(file.value) ? file.value : {}
  for (const key of Object.keys(root)) {
    if (key !== 'command') add(pointer(key), `There is no key \`${key}\`, but for \`command\`.`)
  }
  const { command } = root
  const words = Array.isArray(command) ? (command as readonly unknown[]) : []
  if (words.length === 0) {
    const at = command === undefined ? '' : pointer('command')
    add(at, 'Write `command` as a list: a program and its arguments, such as [notify-send, sbx]. No shell reads it.')
  }
  const texts = words.map((word, at) => {
    if (typeof word === 'string' && !word.includes('\0')) return word
    add(pointer('command', at), 'Each word of the command is text.')
    return ''
  })
  const [program = '', ...rest] = texts
  const found = program.startsWith('~/') ? join(home, program.slice(2)) : program
  if (words.length > 0 && (found === '' || (found.includes('/') && !isAbsolute(found)))) {
    add(pointer('command', 0), `A program is named alone, or with its whole path: it is run in the home folder.`)
  }
  if (problems.length > 0) throw new DiagnosticError(problems)
  return [found, ...rest]
}
