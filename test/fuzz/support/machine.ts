// A machine in a folder, with nothing to be reached from it: no engine but what a test puts there, no git, no ssh.

import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished, vi } from 'vitest'

export type Machine = {
  readonly folder: string
  readonly socket: string
  readonly env: Readonly<Record<string, string>>
  /** Relative to the home. */
  readonly write: (path: string, content: string | Uint8Array) => Promise<void>
}

export async function machineWith(files: Readonly<Record<string, string>>): Promise<Machine> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'sbx-fuzz-')))
  const home = join(root, 'home')
  const folder = join(home, 'work')
  const socket = join(root, 'engine.sock')
  await mkdir(folder, { recursive: true })
  const write = async (path: string, content: string | Uint8Array): Promise<void> => {
    await mkdir(dirname(join(home, path)), { recursive: true })
    await writeFile(join(home, path), content, { mode: 0o600 })
  }
  for (const [path, content] of Object.entries(files)) await write(path, content)
  // Asked of the process, and not of the call.
  vi.stubEnv('HOME', home)
  vi.stubEnv('PATH', join(root, 'nothing'))
  onTestFinished(async () => {
    vi.unstubAllEnvs()
    await rm(root, { recursive: true, force: true })
  })
  const env = {
    ...{ HOME: home, PATH: join(root, 'nothing'), NO_COLOR: '1', SBX_SCOPE: 'fuzz', DOCKER_HOST: `unix://${socket}` },
    ...{ B: 'b', S: 'of the host', M: join(home, 'data') },
  }
  return { folder, socket, env, write }
}
