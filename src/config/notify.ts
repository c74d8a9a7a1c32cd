// The user's own command for when a session ends that nobody looks at, beside their policy. Never a project's: it is run on
// this machine.

import { statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { DiagnosticError, fail, type Diagnostic } from '../model/diagnostic.js'
import { isJsonObject, pointer } from '../model/json.js'
import { shellWord } from '../model/shell-word.js'
import { parseFile, type ParsedFile } from './parse.js'
import { isThereAtAll, readConfigFile, refuseLostFolder } from './read.js'
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

const fileName = 'notify.yaml'
const mistakenName = 'notify.yml'

/** Null where there is none. Throws a DiagnosticError with all that is wrong with it. */
export function readNotify({ configFolder, home, uid }: NotifyPlace): Notify | null {
  const file = join(configFolder, fileName)
  const source = readConfigFile(file, uid)
  if (source === null) {
    refuseLostFolder(configFolder)
    refuseMisnamed(configFolder)
    return null
  }
  refuseWritable(file)
  const parsed = parseFile(source)
  if ('problems' in parsed) throw new DiagnosticError(parsed.problems)
  return { file, command: commandOf(parsed.file, home) }
}

function refuseMisnamed(configFolder: string): void {
  const file = join(configFolder, mistakenName)
  if (!isThereAtAll(file)) return
  fail('config/wrong-name', 'The file has another name than sbx looks for', {
    detail: `${file} is not read; the name is ${fileName}.`,
    command: `mv ${shellWord(file)} ${shellWord(join(configFolder, fileName))}`,
  })
}

function refuseWritable(file: string): void {
  if ((statSync(file).mode & 0o022) === 0) return
  fail('notify/writable', 'Others can change what is run on this machine', {
    detail: `${file} can be written by other users. To take that away:`,
    at: { file, line: 1, column: 1 },
    command: `chmod go-w ${shellWord(file)}`,
  })
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
