// A folder of a commit as a folder on the disk, from git's objects alone: no checkout, no filter, no attribute and no hook
// has a say in it. Whoever made the commit may have made it by hand, so names are looked at before they become paths.

import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DiagnosticError, fail } from '../model/diagnostic.js'
import { GitFailure } from './git.js'
import { gitReferenceText, type GitReference } from './git-reference.js'
import { asking, type GitContext } from './git-remote.js'

type Entry = { readonly mode: string; readonly object: string; readonly size: number; readonly path: string }

const submodule = '160000'

/** What is larger is no template. */
const limits = { files: 20_000, bytes: 256 * 1024 * 1024, link: 4096 }

/** Of the listing of a template's files, on average, in bytes. */
const longLine = 512

/**
 * Writes the reference's folder, as the commit in the bare repository has it, into `target`, which must not be there.
 * With `hasSubmodules` those are left out, else they are refused.
 * Throws `template/git-no-folder` or `template/git-tree`.
 */
export async function writeTree(
  reference: GitReference,
  commit: string,
  repository: string,
  target: string,
  context: GitContext & { readonly hasSubmodules: boolean },
): Promise<void> {
  const listed = await listTree(reference, commit, repository, context)
  const entries = listed.filter(({ mode }) => !context.hasSubmodules || mode !== submodule)
  checkEntries(reference, entries, context)
  const contents = await readObjects(reference, entries, repository, context)
  await mkdir(target, { mode: 0o700 })
  // Links come last: until then no path can lead through one.
  const isLink = ({ mode }: Entry): boolean => mode === '120000'
  for (const [index, entry] of entries.entries()) {
    if (isLink(entry)) continue
    const path = join(target, entry.path)
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFile(path, contents[index] as Buffer, { flag: 'wx', mode: 0o600 })
    if (entry.mode === '100755') await chmod(path, 0o700)
  }
  for (const [index, entry] of entries.entries()) {
    if (!isLink(entry)) continue
    const path = join(target, entry.path)
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await symlink((contents[index] as Buffer).toString(), path)
  }
}

async function listTree(
  reference: GitReference,
  commit: string,
  repository: string,
  context: GitContext,
): Promise<readonly Entry[]> {
  const { folder, url, ref } = reference
  const name = folder === '' ? `${commit}^{tree}` : `${commit}:${folder}`
  const input = `${commit}^{tree}\n${name}\n`
  const told = await reading(reference, context, ['cat-file', '--batch-check'], { repository, input })
  const [root, asked] = told.toString().split('\n')
  if (!/ tree \d+$/.test(root ?? '')) brokenCache(repository)
  const [tree = '', type] = (asked ?? '').split(' ')
  if (type !== 'tree') {
    fail('template/git-no-folder', 'The git repository has no such folder', {
      detail: `${url} has no folder ${folder} at ${ref} (commit ${commit.slice(0, 12)}).`,
      at: context.at,
    })
  }
  const list = { repository, mostOutput: limits.files * longLine }
  const listed = await reading(reference, context, ['ls-tree', '-r', '-z', '-l', tree], list)
  return listed.toString().split('\0').filter(Boolean).map(entryOf)
}

/** What is asked of the cached repository alone. Trees within trees can list a thousand times what they hold. */
async function reading(
  reference: GitReference,
  context: GitContext,
  args: readonly string[],
  more: { readonly repository: string; readonly input?: string; readonly mostOutput?: number },
): Promise<Buffer> {
  try {
    return await asking(reference, context, args, more)
  } catch (error) {
    if (!(error instanceof DiagnosticError) || !(error.cause instanceof GitFailure)) throw error
    const { reason } = error.cause
    if (reason === 'output' || reason === 'time') tooLarge(reference, context)
    if (reason === 'failed') brokenCache(more.repository)
    throw error
  }
}

function brokenCache(repository: string): never {
  fail('template/git-cache', 'The cache of git repositories cannot be used', {
    detail: `${repository} does not hold what was fetched into it. Remove that folder; sbx fetches it anew.`,
  })
}

/** `mode type object size<TAB>path`. */
function entryOf(line: string): Entry {
  const tab = line.indexOf('\t')
  const [mode = '', , object = '', size = ''] = line.slice(0, tab).split(/ +/)
  return { mode, object, size: Number(size), path: line.slice(tab + 1) }
}

function refuseTree(reference: GitReference, { at }: GitContext, why: string): never {
  fail('template/git-tree', 'The folder in the git repository cannot be used', {
    detail: `${gitReferenceText(reference)} ${why}`,
    at,
  })
}

function tooLarge(reference: GitReference, context: GitContext): never {
  const most = `${limits.files} files or ${limits.bytes / 1024 / 1024} MiB`
  refuseTree(reference, context, `holds more than ${most}. Name a smaller folder in it.`)
}

function checkEntries(reference: GitReference, entries: readonly Entry[], context: GitContext): void {
  const refuse = (why: string): never => refuseTree(reference, context, why)
  const bytes = entries.reduce((sum, { size }) => sum + (Number.isNaN(size) ? 0 : size), 0)
  if (entries.length > limits.files || bytes > limits.bytes) tooLarge(reference, context)
  const seen = new Set<string>()
  for (const { mode, path, size } of entries) {
    if (mode === submodule) {
      refuse(`holds the submodule ${path}, and sbx fetches none. Put the files themselves there.`)
    }
    const isPlain = path
      .split('/')
      .every((name) => name !== '' && name !== '.' && name !== '..' && name.toLowerCase() !== '.git')
    const isKnown = ['100644', '100664', '100755', '120000'].includes(mode)
    if (!isPlain || !isKnown || seen.has(path) || (mode === '120000' && size > limits.link)) {
      refuse(`holds ${JSON.stringify(path)}, which no honest repository has.`)
    }
    seen.add(path)
  }
  for (const path of seen) {
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
      if (seen.has(folder)) refuse(`holds ${JSON.stringify(folder)} twice, as a folder and as a file.`)
    }
  }
}

async function readObjects(
  reference: GitReference,
  entries: readonly Entry[],
  repository: string,
  context: GitContext,
): Promise<readonly Buffer[]> {
  const input = entries.map(({ object }) => `${object}\n`).join('')
  // All contents, and a line of at most 128 bytes before each.
  const mostOutput = limits.bytes + entries.length * 128
  const output = await reading(reference, context, ['cat-file', '--batch'], { repository, input, mostOutput })
  let offset = 0
  return entries.map(({ object, size }) => {
    // `<object> blob <size>`, a line break, the content and another line break.
    const start = output.indexOf('\n', offset) + 1
    if (output.subarray(offset, start).toString() !== `${object} blob ${size}\n`) brokenCache(repository)
    offset = start + size + 1
    return output.subarray(start, start + size)
  })
}
