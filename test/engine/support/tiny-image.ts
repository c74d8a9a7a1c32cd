// An image of two megabytes, with a shell and little else, for what takes long with a large one.

import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { promisify } from 'node:util'
import { pack } from 'tar-stream'
import { labels } from '../../../src/model/names.js'
import { busybox } from './busybox.js'
import type { DockerSubject } from './docker.js'

const run = promisify(execFile)

/** Its reference; it goes with the scope. */
export async function tinyImage({ docker, scope }: Pick<DockerSubject, 'docker' | 'scope'>): Promise<string> {
  const path = await busybox()
  const { stdout: applets } = await run(path, ['--list'])
  const archive = pack()
  archive.entry({ name: 'bin/busybox', mode: 0o755 }, await readFile(path))
  for (const name of applets.split('\n')) {
    if (name !== '' && name !== 'busybox') archive.entry({ name: `bin/${name}`, type: 'symlink', linkname: 'busybox' })
  }
  for (const name of ['etc', 'opt', 'tmp', 'usr/bin', 'usr/local/bin', 'usr/share']) {
    archive.entry({ name: `${name}/`, type: 'directory', mode: 0o755 })
  }
  archive.entry({ name: 'etc/version', mode: 0o644 }, 'one\n')
  archive.entry({ name: 'usr/bin/thing', mode: 0o755 }, 'a thing\n')
  archive.entry({ name: 'usr/share/thing', mode: 0o644 }, 'about a thing\n')
  archive.finalize()
  const repo = `localhost/sbx-${scope}-tiny`
  const changes = ['ENV PATH=/usr/local/bin:/usr/bin:/bin', `LABEL ${labels.scope}=${scope}`]
  const answer = await docker.importImage(Readable.from(archive), { repo, tag: '1', changes })
  answer.resume()
  await finished(answer)
  return `${repo}:1`
}
