// What tells this machine from another: nothing that sbx keeps itself, so nothing that sbx could lose.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { readTextIfThere } from './read.js'

/** systemd's file, then the older one of D-Bus. */
export const linuxMachineIdFiles = ['/etc/machine-id', '/var/lib/dbus/machine-id']

/**
 * The operating system's own id. Where there is none (a container, an image that was never booted) the host's name has to
 * do, so that at least two named machines on one engine stay apart.
 */
export async function readMachineId(
  platform: 'linux' | 'darwin',
  hostName: string,
  files: readonly string[] = linuxMachineIdFiles,
): Promise<string> {
  if (platform === 'darwin') return (await readPlatformUuid()) ?? hostName
  for (const file of files) {
    const id = (await readTextIfThere(file))?.trim()
    // systemd writes "uninitialized" into images that are meant to get an id at first boot.
    if (id !== undefined && /^[0-9a-f]{32}$/.test(id)) return id
  }
  return hostName
}

async function readPlatformUuid(): Promise<string | null> {
  const { stdout } = await promisify(execFile)('/usr/sbin/ioreg', ['-rd1', '-c', 'IOPlatformExpertDevice'])
  return /"IOPlatformUUID" = "([^"]+)"/.exec(stdout)?.[1] ?? null
}
