// The files in a workspace that this machine runs or trusts without being asked: those of git, of editors, of what runs when
// a folder is entered. Everything here was written by an agent: no link is followed, and nothing large is read.

import { constants, readdirSync, readlinkSync, type Stats } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { openWithoutLinks, statWithoutLinks } from './host-file.js'
import { errorCode, isAbsent } from './read.js'

export type TrustedFile = {
  /** Null where it is no file, too large, or cannot be read. */
  readonly text: string | null
  /** What it is, where it has no text: another one is another file. */
  readonly mark: string
  readonly isExecutable: boolean
  /** Milliseconds since 1970, of the file or of what is known about it. */
  readonly changedAt: number
}

/** By path in the workspace. */
export type TrustedFiles = ReadonlyMap<string, TrustedFile>

/** In bytes. */
const largest = 1024 * 1024
/** Of one folder; a thousand hooks are no hooks. */
const mostEntries = 1000
/** How deep modules of modules are looked for. */
const deepest = 6

const files = [
  ...[
    '.gitattributes',
    '.gitmodules',
    '.envrc',
    '.mise.toml',
    'mise.toml',
    '.npmrc',
    '.yarnrc.yml',
    '.pre-commit-config.yaml',
  ],
  ...['.vscode/tasks.json', '.vscode/settings.json', '.vscode/launch.json'],
  ...[
    '.devcontainer.json',
    '.devcontainer/devcontainer.json',
    'package.json',
    'lefthook.yml',
    'sandbox.yaml',
    'sandbox.lock',
  ],
  ...['Makefile', 'makefile', 'GNUmakefile', 'justfile', 'Justfile', '.justfile', 'Taskfile.yml', 'Taskfile.yaml'],
]
/** Where one of these is a link, what is in it is elsewhere. */
const folders = ['.git', '.vscode', '.idea', '.devcontainer', '.husky', '.githooks']
const folderOfFiles = ['.husky', '.githooks', '.idea/runConfigurations']

/** Of the workspace itself, at its top. */
export async function readTrustedFiles(workspace: string): Promise<TrustedFiles> {
  const listed = folderOfFiles.flatMap((each) => filesIn(workspace, each))
  const own = await readTrusted(workspace, [...files, ...folders, ...listed])
  return new Map([...own, ...(await readGitFolder(workspace, '.git'))])
}

/** Those of these paths that are there and are no folders. */
export async function readTrusted(workspace: string, paths: readonly string[]): Promise<TrustedFiles> {
  const found = new Map<string, TrustedFile>()
  await readEach(workspace, paths, found)
  return found
}

/** Of one git folder, and of those of modules and work trees in it. */
export async function readGitFolder(workspace: string, folder: string): Promise<TrustedFiles> {
  const found = new Map<string, TrustedFile>()
  for (const each of gitFoldersIn(workspace, folder, deepest)) {
    await readEach(
      workspace,
      [
        ...['config', 'config.worktree', 'commondir', 'info/attributes', 'hooks', 'info'].map(
          (name) => `${each}/${name}`,
        ),
        ...filesIn(workspace, `${each}/hooks`).filter((path) => !path.endsWith('.sample')),
      ],
      found,
    )
    const own = hooksFolder(found.get(`${each}/config`)?.text ?? '')
    if (own !== null) await readEach(workspace, filesIn(workspace, own), found)
  }
  return found
}

/**
 * Of a git folder that a sandbox has beside its workspace, by absolute path; nothing where the folder is none. Hooks that
 * its configuration names by a relative path are the workspace's.
 */
export async function readMountedGit(folder: string, workspace: string): Promise<TrustedFiles> {
  const [within, name] = [dirname(folder), basename(folder)]
  if (statOf(within, `${name}/HEAD`) === null || statOf(within, `${name}/objects`) === null) return new Map()
  const git = await readGitFolder(within, name)
  const hooks = hooksFolder(git.get(`${name}/config`)?.text ?? '')
  const own = hooks === null ? new Map<string, TrustedFile>() : await readTrusted(workspace, filesIn(workspace, hooks))
  return new Map([...[...git].map(([path, file]) => [join(within, path), file] as const), ...own])
}

function gitFoldersIn(workspace: string, folder: string, depth: number): readonly string[] {
  if (depth === 0) return []
  const beneath = ['modules', 'worktrees'].flatMap((name) => foldersIn(workspace, `${folder}/${name}`))
  // A module is named by a path: what has no `HEAD` is only on the way to one.
  return [
    folder,
    ...beneath.flatMap((each) => [
      ...gitFoldersIn(workspace, each, depth - 1),
      ...onTheWay(workspace, each, depth - 1),
    ]),
  ]
}

function onTheWay(workspace: string, folder: string, depth: number): readonly string[] {
  if (depth === 0 || statOf(workspace, `${folder}/HEAD`) !== null) return []
  return foldersIn(workspace, folder)
    .filter((each) => !/\/(modules|worktrees|objects|refs|logs|hooks|info)$/.test(each))
    .flatMap((each) => [...gitFoldersIn(workspace, each, depth - 1), ...onTheWay(workspace, each, depth - 1)])
}

/** Where `core.hooksPath` names a folder of the workspace. Near enough: what git makes of it is told by git. */
function hooksFolder(config: string): string | null {
  const named = /^\s*hooksPath\s*=\s*"?([^"\n#;]+)/im.exec(config)?.[1]?.trim()
  if (named === undefined || named.startsWith('/') || named.startsWith('~')) return null
  const folder = normalize(named).replace(/\/$/, '')
  return folder === '.' || folder.startsWith('..') ? null : folder
}

async function readEach(workspace: string, paths: readonly string[], found: Map<string, TrustedFile>): Promise<void> {
  for (const path of paths) {
    const stats = statOf(workspace, path)
    if (stats === null) continue
    const file = typeof stats === 'string' ? unreadable(stats) : await readOne(workspace, path, stats)
    if (file !== null) found.set(path, file)
  }
}

/** Null for a folder, which is run by nothing. */
async function readOne(workspace: string, path: string, stats: Stats): Promise<TrustedFile | null> {
  if (stats.isDirectory()) return null
  const { size, ino, mtimeMs, ctimeMs: changedAt, mode } = stats
  const isExecutable = (mode & 0o111) !== 0
  if (stats.isSymbolicLink()) return { text: null, mark: linkMark(join(workspace, path)), isExecutable, changedAt }
  if (!stats.isFile()) return { text: null, mark: `special ${String(mode)}`, isExecutable, changedAt }
  const text = size > largest ? null : await readSmall(join(workspace, path), size)
  return { text, mark: `${String(size)} ${String(ino)} ${String(mtimeMs)}`, isExecutable, changedAt }
}

/** As much as there was a moment ago. */
async function readSmall(path: string, size: number): Promise<string | null> {
  try {
    const handle = await openWithoutLinks(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(size), 0, size, 0)
      return buffer.toString('utf8', 0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (errorCode(error) === undefined) throw error
    return null
  }
}

function linkMark(path: string): string {
  try {
    return `link ${readlinkSync(path)}`
  } catch (error) {
    if (errorCode(error) === undefined) throw error
    return 'link'
  }
}

function unreadable(code: string): TrustedFile {
  return { text: null, mark: code, isExecutable: false, changedAt: 0 }
}

/** Null where nothing is there, and the error's code where that cannot be told. */
function statOf(workspace: string, path: string): Stats | string | null {
  try {
    return statWithoutLinks(join(workspace, path))
  } catch (error) {
    const code = errorCode(error)
    if (code === undefined) throw error
    return isAbsent(error) ? null : code
  }
}

function filesIn(workspace: string, folder: string): readonly string[] {
  return entriesIn(workspace, folder).flatMap((entry) => (entry.isDirectory() ? [] : [`${folder}/${entry.name}`]))
}

function foldersIn(workspace: string, folder: string): readonly string[] {
  return entriesIn(workspace, folder).flatMap((entry) => (entry.isDirectory() ? [`${folder}/${entry.name}`] : []))
}

/** Nothing of what is a link, or cannot be looked into. */
function entriesIn(workspace: string, folder: string) {
  const stats = statOf(workspace, folder)
  if (stats === null || typeof stats === 'string' || !stats.isDirectory()) return []
  try {
    return readdirSync(join(workspace, folder), { withFileTypes: true }).slice(0, mostEntries)
  } catch (error) {
    if (errorCode(error) === undefined) throw error
    return []
  }
}
