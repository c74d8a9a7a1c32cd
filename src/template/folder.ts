// A template's folder as a build context. Its digest is over what a build can see: paths, contents, whether a file is
// executable, and where links point; owners and times make no difference.

import { createHash } from 'node:crypto'
import { lstatSync, readFileSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fail, type Position } from '../model/diagnostic.js'
import type { JsonValue } from '../model/json.js'
import { digest } from '../model/names.js'
import type { ContextFile } from '../model/template.js'
import { hasExceptions, ignored } from './ignore.js'

/** A folder that is larger is hardly meant: it would be read at every plan. */
const limits = { files: 5_000, bytes: 64 * 1024 * 1024 }

/** Always part of the context, whatever .dockerignore says. */
const alwaysSent = new Set(['Dockerfile', '.dockerignore', 'template.yaml'])

export type TemplateFolder = {
  /** Real path: the yes to a folder is for this one, wherever a link in its place leads later. */
  readonly path: string
  readonly dockerfile: string
  /** Text of template.yaml; null where there is none. */
  readonly descriptor: string | null
  /** All but the Dockerfile, by path in the context. */
  readonly files: Readonly<Record<string, ContextFile>>
  readonly digest: string
}

/** `called` is for messages. Throws `template/no-folder`, `template/no-dockerfile`, `template/too-large` or `template/unreadable`. */
export function readTemplateFolder(path: string, at?: Position, called = path): TemplateFolder {
  try {
    return readWhole(path, called, at)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    if (error.code === 'ENOTDIR') return noFolder(path, at)
    if (error.code === 'EACCES' || error.code === 'ELOOP') return unreadable(`${error.message}.`, at)
    throw error
  }
}

function readWhole(written: string, called: string, at: Position | undefined): TemplateFolder {
  if (!(statSync(written, { throwIfNoEntry: false })?.isDirectory() ?? false)) noFolder(written, at)
  const path = realpathSync(written)
  if (!(lstatSync(join(path, 'Dockerfile'), { throwIfNoEntry: false })?.isFile() ?? false)) {
    fail('template/no-dockerfile', 'The template has no Dockerfile', {
      detail: `${called === written ? path : called} is a folder without a file named Dockerfile. Add one, or name another template.`,
      at,
    })
  }
  const files = contextFiles(path, at)
  const { Dockerfile: _, ...others } = files
  const descriptor = files['template.yaml']
  if (descriptor !== undefined && 'link' in descriptor) {
    unreadable(`${path}/template.yaml is a link. Put the file itself there.`, at)
  }
  return {
    path,
    dockerfile: readFileSync(join(path, 'Dockerfile'), 'utf8'),
    descriptor: descriptor === undefined ? null : readFileSync(join(path, 'template.yaml'), 'utf8'),
    files: others,
    digest: filesDigest(files),
  }
}

/** 12 hex digits over paths, contents, links and executable bits. */
export function filesDigest(files: Readonly<Record<string, ContextFile>>): string {
  const entries = Object.entries(files).map(([path, file]): [string, JsonValue] => [
    path,
    [file.mode, contentDigest(file)],
  ])
  return digest(Object.fromEntries(entries), 12)
}

function contentDigest(file: ContextFile): string {
  if ('link' in file) return `link ${file.link}`
  return 'text' in file ? sha256(file.text) : file.digest
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

function contextFiles(folder: string, at: Position | undefined): Record<string, ContextFile> {
  const ignoreText = readIfThere(join(folder, '.dockerignore'))
  const isIgnored = ignored(ignoreText)
  const isTakenBack = hasExceptions(ignoreText)
  const files: Record<string, ContextFile> = {}
  let count = 0
  let bytes = 0

  const visit = (inside: string): void => {
    for (const entry of readdirSync(join(folder, inside), { withFileTypes: true })) {
      const path = inside === '' ? entry.name : `${inside}/${entry.name}`
      const hostPath = join(folder, path)
      const isLeftOut = isIgnored(path) && !alwaysSent.has(path)
      if (entry.isDirectory()) {
        if (!isLeftOut || isTakenBack) visit(path)
        continue
      }
      if (isLeftOut) continue
      count += 1
      if (count > limits.files) tooLarge(folder, at)
      if (entry.isSymbolicLink()) {
        files[path] = { mode: 0o777, link: readlinkSync(hostPath) }
      } else if (entry.isFile()) {
        const { mode, size } = lstatSync(hostPath)
        bytes += size
        if (bytes > limits.bytes) tooLarge(folder, at)
        files[path] = { mode: (mode & 0o100) === 0 ? 0o644 : 0o755, hostPath, digest: sha256(readFileSync(hostPath)) }
      } else {
        unreadable(`${hostPath} is a socket, a pipe or a device. Remove it or name it in .dockerignore.`, at)
      }
    }
  }
  visit('')
  return files
}

function noFolder(path: string, at: Position | undefined): never {
  fail('template/no-folder', 'The template is not a folder', {
    detail: `There is no folder at ${path}. A template's folder has a Dockerfile in it.`,
    at,
  })
}

function unreadable(detail: string, at: Position | undefined): never {
  fail('template/unreadable', 'The template cannot be read', { detail, at })
}

function tooLarge(folder: string, at: Position | undefined): never {
  fail('template/too-large', 'The template folder is too large', {
    detail:
      `${folder} holds more than ${limits.files} files or ${limits.bytes / 1024 / 1024} MiB, and sbx reads it at every ` +
      'plan. Name what the Dockerfile does not need in .dockerignore, or give the template a folder of its own.',
    at,
  })
}

function readIfThere(file: string): string {
  return lstatSync(file, { throwIfNoEntry: false })?.isFile() === true ? readFileSync(file, 'utf8') : ''
}
