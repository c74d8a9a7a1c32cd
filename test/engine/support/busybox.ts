import { execFile } from 'node:child_process'
import { access, mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Path of a busybox that needs no libraries: this machine's, else the one of Debian's package. */
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
  const folder = await mkdtemp(join(tmpdir(), 'sbx-busybox-'))
  await run('apt-get', ['download', 'busybox-static'], { cwd: folder })
  const [packed = ''] = await readdir(folder)
  await run('dpkg', ['-x', packed, '.'], { cwd: folder })
  return (await exists(join(folder, 'bin/busybox'))) ? join(folder, 'bin/busybox') : join(folder, 'usr/bin/busybox')
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
