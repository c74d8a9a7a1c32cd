import { execFile } from 'node:child_process'
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Path of a busybox that needs no libraries: this machine's, else the one of Debian's package, which is kept. */
export async function busybox(): Promise<string> {
  for (const path of ['/bin/busybox', '/usr/bin/busybox']) {
    if (
      (await exists(path)) &&
      (await run('ldd', [path]).then(
        () => false,
        () => true,
      ))
    )
      return path
  }
  const kept = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'sandbox-yaml-tests')
  if (!(await exists(join(kept, 'busybox')))) {
    await mkdir(kept, { recursive: true })
    const folder = await mkdtemp(join(kept, 'unpacked-'))
    await run('apt-get', ['download', 'busybox-static'], { cwd: folder })
    const [packed = ''] = await readdir(folder)
    await run('dpkg', ['-x', packed, '.'], { cwd: folder })
    const inside = (await exists(join(folder, 'bin/busybox'))) ? 'bin/busybox' : 'usr/bin/busybox'
    // Whole or not at all, whoever else looks for it.
    await rename(join(folder, inside), join(kept, 'busybox'))
    await rm(folder, { recursive: true })
  }
  return join(kept, 'busybox')
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
