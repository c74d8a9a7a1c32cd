// A folder for a sandbox that nobody keeps. Whatever is in its workspace afterwards can be of an owner whom the user
// cannot remove anything of: it is emptied from inside, while there still is an inside.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { holderOf, isHolderGone } from '../../engine/container/holder.js'
import { DiagnosticError } from '../../model/diagnostic.js'
import type { DesiredSandbox, SandboxLabels } from '../../model/desired.js'
import type { Engine } from '../../model/engine.js'
import type { LiveSandbox } from '../../model/live.js'
import { planRemoval } from '../../plan/removal.js'
import { readMachineId } from '../../resolve/machine-id.js'
import { readTextIfThere } from '../../resolve/read.js'
import { type Invocation, tell, varied } from '../call/invocation.js'
import { performPlan } from '../applying/perform.js'

/** Of emptying, which takes no time, in milliseconds. */
const limit = 10_000

/** Does the work with a folder that is no project's, and removes it on every way out; a note says where it cannot. */
export async function inThrowAwayFolder<T>(
  invocation: Invocation,
  purpose: 'template' | 'login',
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const outer = await mkdtemp(join(tmpdir(), `sbx-${purpose}-`))
  try {
    // The outer one stays the user's own, so that an empty inner one can be removed whoever owns it.
    const folder = join(outer, 'workspace')
    await mkdir(folder)
    await writeFile(join(outer, holderName), await holderOf(await thisMachine()), { mode: 0o600 })
    return await work(folder)
  } finally {
    await remove(invocation, outer)
  }
}

/** Beside the workspace, where nothing that runs in it can write. */
const holderName = 'holder'

/**
 * Ids of those sandboxes whose folder is a throw-away one, and whose call has ended without removing them: it was killed.
 * Never one of a call that may be at work.
 */
export async function abandonedThrowAways(sandboxes: readonly SandboxLabels[]): Promise<ReadonlySet<string>> {
  const workspaces = [...new Set(sandboxes.map(({ workspace }) => workspace))].filter((workspace) =>
    /\/sbx-(?:template|login)-[A-Za-z0-9]{6}\/workspace$/.test(workspace),
  )
  const machine = await thisMachine()
  const isGone = await Promise.all(
    workspaces.map(async (workspace) => {
      const holder = await readTextIfThere(join(dirname(workspace), holderName))
      return typeof holder === 'string' && (await isHolderGone(holder, machine))
    }),
  )
  const gone = workspaces.filter((_, at) => isGone[at])
  return new Set(sandboxes.filter(({ workspace }) => gone.includes(workspace)).map(({ id }) => id))
}

function thisMachine(): Promise<string> {
  return readMachineId(process.platform === 'darwin' ? 'darwin' : 'linux', hostname())
}

async function remove(invocation: Invocation, outer: string): Promise<void> {
  try {
    await rm(outer, { recursive: true })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error
    tell(invocation, [`note: ${outer} cannot be removed, and stays: ${String(error.code)}. Remove it as root.`])
  }
}

/** All of a sandbox that is nobody's, its home too; also after Ctrl-C, which would otherwise end this as well. */
export async function removeThrowAway(
  invocation: Invocation,
  engine: Engine,
  { id, workspace }: Pick<DesiredSandbox, 'id' | 'workspace'>,
): Promise<void> {
  const [live, leftovers] = await Promise.all([engine.observe(id, []), engine.listLeftovers()])
  await emptyWorkspace(invocation, engine, live, workspace)
  const undisturbed = varied(invocation, {
    options: { json: false, quiet: true },
    signal: new AbortController().signal,
  })
  await performPlan(undisturbed, engine, planRemoval(live, { volumes: true, leftovers }))
}

/** Does nothing where it does not run. */
async function emptyWorkspace(
  invocation: Invocation,
  engine: Engine,
  { containers }: LiveSandbox,
  workspace: string,
): Promise<void> {
  for (const { id, state } of containers) {
    if (state !== 'running') continue
    const argv = ['/bin/sh', '-c', 'cd "$1" && rm -rf -- * .[!.]* ..?*', 'sh', workspace]
    try {
      await engine.run(id, { argv, user: 'root', doing: 'empty the temporary workspace', limit })
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      tell(
        invocation,
        error.diagnostics.map(({ summary, detail = '' }) => `note: ${summary}. ${detail}`.trimEnd()),
      )
    }
  }
}
