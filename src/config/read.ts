// Reading one config file from the disk: only a plain file of ours or of root, of a sane size, in UTF-8. Nothing here is
// handed to another thread: to be told of the end takes several times as long as reading a file of some lines, and
// `--all` reads hundreds of them.

import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  statSync,
  type Stats,
} from 'node:fs'
import { dirname } from 'node:path'
import { fail, type Position } from '../model/diagnostic.js'
import { shellWord } from '../model/shell-word.js'
import { sourceText, type SourceText } from './source-text.js'

/** In bytes. */
export const maximumSize = 1024 * 1024

/** Null where there is no such file, nor a link of its name. `at` is where another file names this one. Throws a DiagnosticError. */
export function readConfigFile(file: string, uid: number, at?: Position): SourceText | null {
  let descriptor: number
  try {
    // Most that are asked for are not there, and to be told so by an error takes ten times as long.
    if (statSync(file, { throwIfNoEntry: false }) === undefined) {
      return isThereAtAll(file) ? failUnreadable(file, toNothing, at) : null
    }
    // Without O_NONBLOCK a named pipe would wait for a writer for ever.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (isAbsent(error)) return null
    return failUnreadable(file, reasonOf(error), at)
  }
  try {
    // Asked of what was opened, so that nothing can be put in its place in between.
    refuseUnfit(file, fstatSync(descriptor), uid, at)
    refuseLinkToAnything(file, at)
    return decodeText(file, readFileSync(descriptor))
  } finally {
    closeSync(descriptor)
  }
}

/** Whether there is a file, and one that `readConfigFile` would take. Throws a DiagnosticError for one it would not. */
export function isFitToRead(file: string, uid: number): boolean {
  if (!isThereAtAll(file)) return false
  let stats: Stats
  try {
    stats = statSync(file)
  } catch (error) {
    return failUnreadable(file, isAbsent(error) ? toNothing : reasonOf(error))
  }
  refuseUnfit(file, stats, uid)
  return true
}

/** Whether the folder has an entry of that name, a link to nothing included. */
export function isThereAtAll(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    if (isAbsent(error)) return false
    return failUnreadable(path, reasonOf(error))
  }
}

/** Throws where a link that leads nowhere is on the way to a folder: what would be in it is not known to be absent. */
export function refuseLostFolder(folder: string): void {
  let path = folder
  while (!isThereAtAll(path) && path !== dirname(path)) path = dirname(path)
  if (statSync(path, { throwIfNoEntry: false }) === undefined) failUnreadable(path, toNothing)
}

const toNothing = 'it is a link to nothing'

export function failUnreadable(file: string, reason: string, at?: Position): never {
  fail('config/unreadable', 'The file cannot be read', { detail: `${file}: ${reason}.`, at: at ?? start(file) })
}

/** A diagnostic quotes lines of the file: a link in a repository must not have those of any file of the user's quoted. */
function refuseLinkToAnything(file: string, at?: Position): void {
  const target = realpathSync.native(file)
  if (isYaml(file) && !isYaml(target)) failUnreadable(file, `it is a link to ${target}, which is not a YAML file`, at)
}

function isYaml(path: string): boolean {
  return /\.ya?ml$/.test(path)
}

function refuseUnfit(file: string, stats: Stats, uid: number, at: Position = start(file)): void {
  if (!stats.isFile()) failUnreadable(file, 'it is not a file', at)
  if (stats.uid !== uid && stats.uid !== 0) {
    fail('config/foreign-file', 'The file belongs to someone else', {
      detail:
        `${file} is owned by the user with id ${stats.uid}, and what it says decides what a sandbox may reach. ` +
        `sbx reads files of your own (id ${uid}) and of root. If you trust it, make it yours:`,
      at,
      command: `sudo chown ${uid} ${shellWord(file)}`,
    })
  }
  if (stats.size > maximumSize) {
    fail('config/too-large', 'The file is too large', {
      detail: `${file} has ${stats.size} bytes; at most ${maximumSize} are read.`,
      at,
    })
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}

/** Of a refusal by the system; everything else is a bug and goes on as one. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error
  if (error.code === 'EACCES' || error.code === 'EPERM') return 'you may not read it'
  if (error.code === 'ELOOP') return 'its links lead in a circle'
  return String(error.code)
}

/** Throws `config/not-utf8`, which says where. */
export function decodeText(file: string, bytes: Buffer): SourceText {
  try {
    // Without a byte order mark, which the decoder takes off.
    return sourceText(file, new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
  }
  const lenient = new TextDecoder('utf-8').decode(bytes)
  // The first replacement character that stands for broken bytes, not one that is written in the file.
  const end = firstInvalidByte(bytes)
  const before = new TextDecoder('utf-8').decode(bytes.subarray(0, end))
  const source = sourceText(file, lenient)
  const line = before.split('\n').length
  fail('config/not-utf8', 'The file is not UTF-8', {
    detail: `Byte ${end + 1} of the file is not part of any UTF-8 character. Save the file as UTF-8.`,
    at: {
      file,
      line,
      column: before.length - (before.lastIndexOf('\n') + 1) + 1,
      length: 1,
      sourceLine: (source.text.split('\n')[line - 1] ?? '').replace(/\r$/, ''),
    },
  })
}

/** Index of the first byte that no prefix which decodes goes beyond. */
function firstInvalidByte(bytes: Buffer): number {
  let low = 0
  let high = bytes.length
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (decodesAsPrefix(bytes.subarray(0, middle))) low = middle
    else high = middle - 1
  }
  // A character that was begun belongs to what is invalid.
  while (low > 0 && !decodesWhole(bytes.subarray(0, low))) low--
  return low
}

function decodesAsPrefix(bytes: Buffer): boolean {
  return decodes(bytes, true)
}

function decodesWhole(bytes: Buffer): boolean {
  return decodes(bytes, false)
}

function decodes(bytes: Buffer, stream: boolean): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream })
    return true
  } catch (error) {
    if (error instanceof TypeError) return false
    throw error
  }
}

function start(file: string): Position {
  return { file, line: 1, column: 1 }
}
