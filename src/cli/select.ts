// Which sandbox a command means: by name, by id, by an unambiguous prefix, or the one of the folder it is called in.

import { realpath } from 'node:fs/promises'
import { sep } from 'node:path'
import { fail } from '../model/diagnostic.js'
import type { ListedContainer } from '../model/live.js'
import { callLike } from './call.js'
import type { Invocation } from './invocation.js'
import { sandboxesOf } from './sandboxes.js'

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
  const nearest = around.filter(({ sandbox }) => sandbox.workspace.length === depth)
  // Without --profile the file itself is meant, where it has a sandbox.
  const plain = nearest.filter(({ sandbox }) => sandbox.profile === null)
  const [first, ...others] = sandboxesOf(plain.length > 0 ? plain : nearest)
  if (first === undefined) return noneHere(invocation)
  if (others.length > 0) ambiguous(`This folder has several: ${[first, ...others].map(describe).join(', ')}. Name one.`)
  return withId(listed, first.sandbox.id)
}

function describe({ sandbox }: ListedContainer): string {
  return `${sandbox.id} (${sandbox.agent}${sandbox.profile === null ? '' : `, profile ${sandbox.profile}`})`
}

function noneHere(invocation: Invocation): never {
  const { profile } = invocation.options
  return fail('cli/no-sandbox-here', 'There is no sandbox for this folder', {
    detail:
      (profile === undefined ? '' : `None with the profile ${profile}. `) +
      'Name one of those that sbx ls shows, or make it:',
    command: callLike(invocation, 'sbx apply'),
  })
}

function withId(listed: readonly ListedContainer[], id: string): Selected {
  return { id, containers: listed.filter((container) => container.sandbox.id === id) }
}

function ambiguous(detail: string): never {
  fail('cli/ambiguous-sandbox', 'More than one sandbox fits', { detail })
}
