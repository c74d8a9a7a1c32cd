// `sbx cp`: files out of a sandbox, or into one. Where one of the paths is inside, a colon stands before it.

import { basename, posix } from 'node:path'
import { fail } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { ListedContainer } from '../../model/live.js'
import { agentHome } from '../../model/names.js'
import { readHost } from '../../resolve/host.js'
import { copiedJson, copiedText } from '../../ui/cp-text.js'
import type { Copied } from '../../model/copied.js'
import { withEngine } from '../call/connect.js'
import { type Invocation, print, printJson, tell } from '../call/invocation.js'
import { selectSandbox } from '../declared/select.js'

export async function cp(invocation: Invocation, source: string, target: string): Promise<number> {
  if (source === '-' || target === '-') noStream()
  const [from, to] = [sideOf(source), sideOf(target)]
  if ((from === null) === (to === null)) wrongSides(source, target)
  const host = await readHost(invocation.env)
  return withEngine(invocation, host, async (engine) => {
    const inside = from ?? to ?? { name: '', path: '' }
    const listed = await engine.list()
    const { container } = await selectSandbox(invocation, host, listed, inside.name || undefined)
    const path = pathInside(inside.path, container)
    const { writtenFolders } = await import('./host-place.js')
    const written = writtenFolders(host, listed)
    const done =
      from === null
        ? await putIn(invocation, engine, { container, source, path, written })
        : await takeOut(invocation, engine, { container, path, target, written })
    if (invocation.options.json === true) printJson(invocation, copiedJson(done))
    else {
      const { lines, leftOut } = copiedText(done)
      tell(invocation, leftOut)
      print(invocation, lines)
    }
    return 0
  })
}

type Done = Copied & { readonly target: string }

/** `path` is inside, `written` are folders here in which a link may be somebody else's. */
type Between = { readonly container: ListedContainer; readonly path: string; readonly written: readonly string[] }

async function takeOut(
  invocation: Invocation,
  engine: Engine,
  { container, path, target, written }: Between & { readonly target: string },
): Promise<Done> {
  const [{ copyOut, sourceInside }, { targetPlace }] = await Promise.all([
    import('./copy-out.js'),
    import('./host-place.js'),
  ])
  if (path === '/') fail('cp/unsafe', 'This cannot be copied', { detail: 'It is all of the sandbox: name a folder.' })
  const source = await sourceInside(engine, container.id, path.replace(/\/$/, ''))
  if (source.path !== path.replace(/\/$/, ''))
    tell(invocation, [`${path} is a link in the sandbox; what it leads to is copied: ${source.path}`])
  const place = await targetPlace(target, basename(path), invocation.workingFolder, written)
  try {
    return { ...(await copyOut(engine, container.id, source, place, invocation.signal)), target: place.path }
  } finally {
    await place.folder.close()
  }
}

async function putIn(
  invocation: Invocation,
  engine: Engine,
  { container, source, path, written }: Between & { readonly source: string },
): Promise<Done> {
  const [{ copyIn, ownerInside, targetInside }, { sourcePlace }] = await Promise.all([
    import('./copy-in.js'),
    import('./host-place.js'),
  ])
  const place = await sourcePlace(source, invocation.workingFolder, written)
  try {
    const target = await targetInside(engine, container.id, path, place)
    const owner = await ownerInside(engine, container.id, container.spec.workspace.path)
    const copied = await copyIn(engine, container.id, place, target, { owner, signal: invocation.signal })
    return { ...copied, target: posix.join(target.folder, target.name) }
  } finally {
    await place.folder.close()
  }
}

type Side = { readonly name: string; readonly path: string }

/** Null for a path of this machine: a colon behind the first slash is part of a name. */
function sideOf(typed: string): Side | null {
  const [, name, path] = /^([^:/]*):(.*)$/s.exec(typed) ?? []
  return name === undefined || path === undefined ? null : { name, path }
}

/** Absolute, with the slash at the end that was typed. What is relative is so to the workspace, and `~` is the agent's home. */
function pathInside(typed: string, { spec }: ListedContainer): string {
  const path = posix.resolve(spec.workspace.path, typed.replace(/^~(?=\/|$)/, agentHome))
  return typed.endsWith('/') && path !== '/' ? `${path}/` : path
}

/** `./-` is a file of that name. */
function noStream(): never {
  fail(
    'cp/stream',
    'Only files and folders are copied',
    {
      detail: 'What is called - elsewhere is a stream. To read or write a file as one, run a program inside:',
      command: 'sbx exec -- cat FILE',
    },
    'usage',
  )
}

function wrongSides(source: string, target: string): never {
  fail(
    'cp/sides',
    'One of the two paths is in a sandbox, and the other here',
    {
      detail:
        `The one in a sandbox has a colon in front of its path. Of ${source} and ${target} ` +
        `${sideOf(source) === null ? 'neither has' : 'both have'}. So it is written:`,
      command: 'sbx cp :/tmp/report.html .',
    },
    'usage',
  )
}
