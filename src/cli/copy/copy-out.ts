// Out of a sandbox: all of it, or nothing.

import { lstat } from 'node:fs/promises'
import type { Copied } from '../../model/copied.js'
import { fail } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { PathKind } from '../../model/watching.js'
import { codeOf, failFile } from './tally.js'
import type { Place } from './host-place.js'
import { content, Unpacking } from './unpack.js'
import { untilAborted } from '../call/until-aborted.js'

/** What is there, a link being followed inside. Throws `cp/not-found` and `cp/unsafe`. */
export async function sourceInside(
  engine: Engine,
  containerId: string,
  path: string,
): Promise<{ readonly path: string; readonly kind: 'file' | 'folder' }> {
  const found = await engine.lookAt(containerId, path)
  const isLink = found?.kind === 'link' && found.target !== null
  const real = isLink ? (found.target ?? path) : path
  const look: PathKind | null = isLink ? await engine.lookAt(containerId, real) : found
  if (look === null || look.kind === 'link') {
    fail('cp/not-found', 'There is nothing to copy, or nowhere to copy it to', {
      detail: `In the sandbox, ${isLink ? `${path} is a link to ${real}, which` : path} is not there.`,
    })
  }
  if (look.kind === 'other') {
    fail('cp/unsafe', 'This cannot be copied', { detail: `In the sandbox, ${real} is no file and no folder.` })
  }
  return { path: real, kind: look.kind }
}

/** Into a folder beside the target, which gets its name once it is whole. Throws `cp/exists` where something is there. */
export async function copyOut(
  engine: Engine,
  containerId: string,
  source: { readonly path: string; readonly kind: 'file' | 'folder' },
  { folder, name, path }: Place,
  signal: AbortSignal,
): Promise<Copied> {
  await checkTarget({ folder, name, path }, source.kind)
  const temporary = await folder.makeTemporary().catch((error: unknown) => failFile(error, path))
  const unpacking = new Unpacking(temporary.folder, signal)
  try {
    for await (const entry of untilAborted(engine.readArchive(containerId, source.path), signal)) {
      // It was looked at before, and whoever works there has changed it since.
      if (entry.path === '' && entry.kind !== source.kind) changed(source.path)
      await unpacking.add(entry)
    }
    await checkTarget({ folder, name, path }, source.kind)
    await folder.take(temporary.folder, content, name).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') changed(source.path)
      failFile(error, path)
    })
  } finally {
    await unpacking.close()
    await temporary.folder.close()
    await folder.removeChild(temporary.name)
  }
  return unpacking.tally.copied()
}

async function checkTarget({ folder, name, path }: Place, kind: 'file' | 'folder'): Promise<void> {
  const found = await lstat(folder.at(name)).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null
    return failFile(error, path)
  })
  if (found === null || (found.isFile() && kind === 'file')) return
  fail('cp/exists', 'Something is in the way of the copy', {
    detail: `${path} is there already, and only a file is written over, by a file. Remove it, or name another place.`,
  })
}

function changed(path: string): never {
  fail('cp/unsafe', 'This cannot be copied', { detail: `${path} changed while it was copied. Nothing was copied.` })
}
