// What an engine in memory says of a sandbox that runs: what it uses, what runs in it, and a folder out of it.

import { pack } from 'tar-stream'
import type { Answer } from './spoiling-engine.js'

const stats = {
  read: '2026-11-22T12:00:00.5Z',
  cpu_stats: {
    cpu_usage: { total_usage: 2_500, percpu_usage: [1_000, 1_500] },
    system_cpu_usage: 20_000,
    online_cpus: 2,
  },
  precpu_stats: { cpu_usage: { total_usage: 1_000 }, system_cpu_usage: 16_000 },
  memory_stats: { usage: 100_000_000, limit: 104_857_600, stats: { inactive_file: 3_000_000 } },
  pids_stats: { current: 99, limit: 100 },
  networks: { eth0: { rx_bytes: 5_000, tx_bytes: 100 } },
}

const processes = {
  Titles: ['PID', 'PPID', 'UID', '%CPU', 'RSS', 'ELAPSED', 'COMMAND'],
  Processes: [
    ['10', '1', '0', '0.0', '700', '90', '/sbin/docker-init'],
    ['11', '10', '0', '0.1', '800', '90', '/bin/sh -c'],
    ['30', '1', '1000', '12.5', '2048', '20', 'claude --continue'],
  ],
}

/** For `SpoilingEngine.beside`; `archive` is what it has at `/tmp/out`, and it has nothing else. */
export function whileItRuns(archive: string): (answer: Answer, path: string) => Answer {
  const folder = Buffer.from(JSON.stringify({ mtime: '2024-01-01T00:00:00Z', mode: 2 ** 31, size: 1 })).toString(
    'base64',
  )
  return (answer, path) => {
    if (/^\/containers\/[^/]+\/stats/.test(path)) return { ...answer, status: 200, body: JSON.stringify(stats) }
    if (/^\/containers\/[^/]+\/top/.test(path)) return { ...answer, status: 200, body: JSON.stringify(processes) }
    if (!/^\/containers\/[^/]+\/archive/.test(path)) return answer
    if (!path.includes(encodeURIComponent('/tmp/out')))
      return { ...answer, status: 404, body: '{"message":"not here"}' }
    return { status: 200, body: archive, headers: { ...answer.headers, 'X-Docker-Container-Path-Stat': folder } }
  }
}

/** As the engine sends `/tmp/out`, in characters that are one byte each. */
export async function outArchive(): Promise<string> {
  const archive = pack()
  archive.entry({ name: 'out/', type: 'directory', mode: 0o755 })
  archive.entry({ name: 'out/file', mode: 0o4755 }, 'text')
  archive.entry({ name: 'out/link', type: 'symlink', linkname: '/etc/passwd' })
  archive.entry({ name: 'out/hard', type: 'link', linkname: 'out/file' })
  archive.entry({ name: `out/${'long/'.repeat(30)}`, type: 'directory' })
  archive.finalize()
  const pieces: Buffer[] = []
  for await (const piece of archive) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString('latin1')
}
