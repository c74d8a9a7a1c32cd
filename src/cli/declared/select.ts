// Which sandbox a command means: by name, by id, by an unambiguous prefix, or without any the one that the file describes,
// else the one of the folder.

import { realpath } from 'node:fs/promises'
import { dirname, resolve, sep } from 'node:path'
import { fail } from '../../model/diagnostic.js'
import type { ListedContainer } from '../../model/live.js'
import type { Host } from '../../resolve/host.js'
import { callLike } from '../call/call.js'
import type { Invocation } from '../call/invocation.js'
import { sandboxesOf } from './sandboxes.js'

/** A sandbox, and the one of its containers that people work in: there are more where an apply did not finish. */
export type Selected = { readonly id: string; readonly container: ListedContainer }

export async function selectSandboxes(
  invocation: Invocation,
  host: Host,
  listed: readonly ListedContainer[],
  names: readonly string[],
): Promise<readonly Selected[]> {
  if (names.length === 0) return [await ofFile(invocation, host, listed)]
  const ids = new Set(names.map((name) => idOf(listed, name)))
  return [...ids].map((id) => withId(listed, id))
}

export async function selectSandbox(
  invocation: Invocation,
  host: Host,
  listed: readonly ListedContainer[],
  name: string | undefined,
): Promise<Selected> {
  return name === undefined ? ofFile(invocation, host, listed) : withId(listed, idOf(listed, name))
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
    detail: `No sandbox on this engine is called "${name}". To see those that are there (homes without one: sbx ls --kept):`,
    command: 'sbx ls',
  })
}

async function ofFile(invocation: Invocation, host: Host, listed: readonly ListedContainer[]): Promise<Selected> {
  const { fileSandboxId } = await import('./file-sandbox.js')
  const id = await fileSandboxId(invocation, host)
  if (id !== null && listed.some(({ sandbox }) => sandbox.id === id)) return withId(listed, id)
  // A file that is named means its own sandbox alone: a second `rm` must not go on with another of the folder.
  return id !== null && invocation.options.config !== undefined ? noneHere(invocation) : ofFolder(invocation, listed)
}

/** What an edit of the file left behind, what flags made, and every sandbox where the file has errors. */
async function ofFolder(invocation: Invocation, listed: readonly ListedContainer[]): Promise<Selected> {
  const { config, profile } = invocation.options
  const { workingFolder } = invocation
  const folder = await realpath(config === undefined ? workingFolder : dirname(resolve(workingFolder, config)))
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
      'Name one of those that sbx ls shows (homes without one: sbx ls --kept), or make it:',
    command: callLike(invocation, 'sbx apply'),
  })
}

/** One that is listed. */
function withId(listed: readonly ListedContainer[], id: string): Selected {
  const [container] = sandboxesOf(listed.filter(({ sandbox }) => sandbox.id === id))
  if (container === undefined) throw new Error(`No container of ${id} is listed.`)
  return { id, container }
}

function ambiguous(detail: string): never {
  fail('cli/ambiguous-sandbox', 'More than one sandbox fits', { detail })
}
