// The clone of a sandbox that runs, and the repository on this machine that it was made of.

import { realpath } from 'node:fs/promises'
import { fail } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import { newestRecord } from '../../plan/live-spec.js'
import type { Host } from '../../resolve/host.js'
import { isAbsent } from '../../resolve/read.js'
import { gitVariables } from '../../resolve/session.js'
import { findGitFolders, type GitFolders } from '../../template/git-folder.js'
import type { FarEnd } from '../../template/git-pipe.js'
import { gitInside, scriptInside, type ScriptInside } from './git-inside.js'
import type { Invocation } from '../call/invocation.js'
import { readPlain } from '../host/read-plain.js'
import { bringUp } from '../declared/bring-up.js'
import { selectSandbox } from '../declared/select.js'
import { statusOf } from '../../ui/list-json.js'

export type SandboxClone = {
  readonly id: string
  readonly name: string
  /** That the agent works on, and that its commits are fetched to. */
  readonly branch: string
  /** Of the repository on this machine. */
  readonly folders: GitFolders
  readonly far: FarEnd
  /** As the agent, in the clone, with who the sandbox is to git. */
  readonly script: ScriptInside
}

/** Throws `clone/none`, `clone/not-running`, `clone/not-filled`, `clone/no-repository`, `diff/...` and `cli/...`. */
export async function cloneOf(
  invocation: Invocation,
  host: Host,
  engine: Engine,
  named: string | undefined,
): Promise<SandboxClone> {
  const { id, container } = await selectSandbox(invocation, host, await engine.list(), named)
  const name = container.sandbox.displayName
  const { workspace } = container.spec
  if (workspace.mode !== 'clone') {
    const left = (await engine.clones()).some(({ sandbox }) => sandbox.id === id)
    const has = left ? 'The clone that it had is there still, and it has it again with' : 'It has one with'
    return fail('clone/none', 'The sandbox has no clone', {
      detail: `${name} works on this machine's files: what it commits is here. ${has} "workspace: { mode: clone }".`,
    })
  }
  if (container.state !== 'running') {
    fail('clone/not-running', 'The sandbox is not running', {
      detail: `git is asked in ${name}, and that is ${statusOf(container.state)}. To bring it up:`,
      command: bringUp(invocation, container),
    })
  }
  const record = newestRecord((await engine.observe(id, [])).records)?.spec
  if (record?.clone === undefined) {
    return fail('clone/not-filled', 'The clone is not filled yet', {
      detail: `The apply that makes the clone of ${name} has not come to its end. Again:`,
      command: bringUp(invocation, container),
    })
  }
  const folders = await repositoryAt(workspace.path, name)
  const inside = {
    engine,
    containerId: container.id,
    folder: workspace.path,
    env: gitVariables(record.git, workspace.path, {}),
  }
  const far = gitInside(engine, container.id, workspace.path)
  return { id, name, branch: record.clone.branch, folders, far, script: scriptInside(inside, invocation.signal) }
}

async function repositoryAt(workspace: string, name: string): Promise<GitFolders> {
  const none = (): never =>
    fail('clone/no-repository', 'The repository of the clone is not there', {
      detail: `${name} has a clone of the one at ${workspace}, where commits are fetched to and sent from.`,
    })
  let path: string
  try {
    path = await realpath(workspace)
  } catch (error) {
    if (isAbsent(error)) return none()
    throw error
  }
  const folders = await findGitFolders(path, readPlain)
  return folders.root === path ? folders : none()
}
