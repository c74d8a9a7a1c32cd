// Which sandbox a command means: by name, by id, by an unambiguous prefix, or the one of the folder it is called in.

import { realpath } from 'node:fs/promises'
import { sep } from 'node:path'
import { fail } from '../model/diagnostic.js'
import type { ListedContainer } from '../model/live.js'
import type { Invocation } from './invocation.js'

/** The containers of one sandbox, oldest first; more than one where an apply did not finish. */
export type Selected = { readonly id: string; readonly containers: readonly ListedContainer[] }

export async function selectSandboxes(
  invocation: Invocation,
  listed: readonly ListedContainer[],
  names: readonly string[],
): Promise<readonly Selected[]> {
  if (names.length === 0) return [await ofFolder(invocation, listed)]
  const ids = new Set(names.map((name) => idOf(listed, name)))
  return [...ids].map((id) => withId(listed, id))
}

export async function selectSandbox(
  invocation: Invocation,
  listed: readonly ListedContainer[],
  name: string | undefined,
): Promise<Selected> {
  return name === undefined ? ofFolder(invocation, listed) : withId(listed, idOf(listed, name))
}

/** An exact id or name goes before a prefix, so that `web` is never taken for `web-old`. */
function idOf(listed: readonly ListedContainer[], name: string): string {
  const matches = [
    (container: ListedContainer) => container.sandbox.id === name,
    (container: ListedContainer) => container.sandbox.displayName === name,
    (container: ListedContainer) => name.length >= 12 && container.id.startsWith(name),
    (container: ListedContainer) => container.sandbox.id.startsWith(name),
  ]
  for (const isMatch of matches) {
    const ids = [...new Set(listed.filter(isMatch).map((container) => container.sandbox.id))]
    if (ids.length === 1) return ids[0] as string
    if (ids.length > 1) ambiguous(`"${name}" could be any of these: ${ids.join(', ')}.`)
  }
  return fail('cli/no-such-sandbox', 'There is no such sandbox', {
    detail: `No sandbox on this engine is called "${name}". To see those that are there:`,
    command: 'sbx ls',
  })
}

async function ofFolder(invocation: Invocation, listed: readonly ListedContainer[]): Promise<Selected> {
  const folder = await realpath(invocation.workingFolder)
  const { profile } = invocation.options
  const around = listed.filter(
    ({ sandbox }) =>
      (folder === sandbox.workspace || folder.startsWith(sandbox.workspace + sep)) &&
      (profile === undefined || sandbox.profile === profile),
  )
  const depth = Math.max(...around.map(({ sandbox }) => sandbox.workspace.length))
  const ids = new Set(
    around.filter(({ sandbox }) => sandbox.workspace.length === depth).map(({ sandbox }) => sandbox.id),
  )
  const [id, ...others] = ids
  if (id === undefined) {
    return fail('cli/no-sandbox-here', 'There is no sandbox for this folder', {
      detail: 'Make one with sbx apply, or name one of those that sbx ls shows.',
      command: 'sbx ls',
    })
  }
  if (others.length > 0) ambiguous(`This folder has several: ${[...ids].join(', ')}. Name one of them.`)
  return withId(listed, id)
}

function withId(listed: readonly ListedContainer[], id: string): Selected {
  return { id, containers: listed.filter((container) => container.sandbox.id === id) }
}

function ambiguous(detail: string): never {
  fail('cli/ambiguous-sandbox', 'More than one sandbox fits', { detail })
}
