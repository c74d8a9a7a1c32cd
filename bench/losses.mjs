// How much longer a plan takes that has something to say of what would be lost: `npm run bench:losses`, once `npm run build`
// has run. Two sandboxes of one template, in one of which 3,000 files were written and a Debian package was installed, are
// planned in turn. Beside it what the engine alone takes to list them. Prints a Markdown table.

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { env, execPath as node, pid, stdout } from 'node:process'
import { fileURLToPath } from 'node:url'

const rounds = Number(env.BENCH_ROUNDS ?? 11)
const root = fileURLToPath(new URL('..', import.meta.url))
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sbx-losses-')))
const surroundings = { ...env, HOME: join(folder, 'home'), SBX_SCOPE: `losses${pid}`, NODE_EXTRA_CA_CERTS: undefined }
const socketPath = (env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '')
const projects = ['bare', 'filled'].map((name) => join(folder, name))
for (const each of [surroundings.HOME, ...projects]) mkdirSync(each)
for (const project of projects) writeFileSync(join(project, 'sandbox.yaml'), 'agent: shell\nnetwork: none\n')

function sbx(project, ...args) {
  return execFileSync(node, [join(root, 'dist/sbx.cjs'), ...args], {
    cwd: project,
    env: surroundings,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

const fill = `
mkdir -p /tmp/p/DEBIAN /tmp/p/usr/bin && cd /tmp && echo >p/usr/bin/greeting
printf 'Package: greeting\\nVersion: 1\\nArchitecture: all\\nMaintainer: x <x@example.com>\\nDescription: x\\n' >p/DEBIAN/control
dpkg-deb -b p greeting.deb && sudo dpkg -i greeting.deb
sudo mkdir -p /usr/local/lib/tool && cd /usr/local/lib/tool && seq -f part-%g 3000 | sudo xargs touch`

async function milliseconds(work) {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

async function get(path) {
  const [response] = await once(request({ socketPath, path }).end(), 'response')
  response.resume()
  await once(response, 'end')
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}

try {
  for (const project of projects) sbx(project, 'apply', '--yes')
  const [bare, filled] = projects
  sbx(filled, 'exec', '-q', '--', 'sh', '-c', fill)
  const [{ container_id: id }] = JSON.parse(sbx(filled, 'inspect'))
  const text = sbx(filled, 'plan', '--recreate')
  if (!/3000 files/.test(text) || !/1 Debian package +greeting/.test(text)) throw new Error(text)

  const rows = [
    ['sbx plan --recreate, nothing written', () => sbx(bare, 'plan', '--recreate')],
    ['sbx plan --recreate, 3,000 files and a package', () => sbx(filled, 'plan', '--recreate')],
    ['GET changes', () => get(`/containers/${id}/changes`)],
    ['GET json?size=1', () => get(`/containers/${id}/json?size=1`)],
  ].map(([name, work]) => ({ name, work, times: [] }))
  // The first round warms the machine's caches.
  for (let round = 0; round <= rounds; round++) {
    for (const { work, times } of rows) {
      const time = await milliseconds(work)
      if (round > 0) times.push(time)
    }
  }
  stdout.write(`${rounds} rounds, load ${loadavg()[0].toFixed(1)}\n\n| | median ms |\n| --- | ---: |\n`)
  for (const { name, times } of rows) stdout.write(`| ${name} | ${Math.round(median(times))} |\n`)
  const more = rows[1].times.map((time, round) => time - rows[0].times[round])
  stdout.write(`| more for what would be lost | ${Math.round(median(more))} |\n`)
} finally {
  for (const project of projects) sbx(project, 'rm', '--volumes', '--force')
  sbx(folder, 'prune', '--yes')
  rmSync(folder, { recursive: true })
}
