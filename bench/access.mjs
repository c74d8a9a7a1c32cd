// What a limited network and gVisor cost: `npm run bench:access`, as root on Debian, on an engine of its own that knows runsc.
// Requests a second from inside to a server on this machine, over kept-alive connections and over a new one for each, and
// the time to start, beside `docker run` of the same image. Rounds in turn; medians, and what lies between the quartiles.

import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { env, execPath as node, pid, stdout } from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The server of this very process has to answer meanwhile. */
const inBackground = promisify(execFile)
const rounds = Number(env.BENCH_ROUNDS ?? 5)
const requests = 400
const root = fileURLToPath(new URL('..', import.meta.url))
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sbx-access-')))
const scope = `access${pid}`
const network = `sbx-bench-${pid}`
const address = '198.51.100.241'
const port = 8080

const kinds = {
  open: 'network: open\n',
  limited: `network: { allow: ["served.test:${port}"] }\n`,
  gvisor: 'network: open\nisolation: gvisor\n',
}

function run(command, args, options = {}) {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options }).trim()
}

const docker = (...args) => run('docker', args)

function sbx(kind, ...args) {
  const surroundings = { ...env, HOME: folder, SBX_SCOPE: scope }
  return run(node, [join(root, 'dist/sbx.cjs'), ...args], { cwd: join(folder, kind), env: surroundings })
}

function containerOf(kind, role) {
  const labels = [`dev.sbx.scope=${scope}`, `dev.sbx.display-name=${kind}`, `dev.sbx.role=${role}`]
  const filters = labels.flatMap((label) => ['--filter', `label=${label}`])
  return docker('ps', '--quiet', ...filters).split('\n')[0] ?? ''
}

/** Milliseconds. */
function timed(work) {
  const begun = performance.now()
  work()
  return performance.now() - begun
}

/** By curl inside; through the proxy that its environment names, if any, by a tunnel. */
async function requestsASecond(container, { host, isKept }) {
  const options = ['-s', '-p', '-o', '/dev/null', ...(isKept ? [] : ['-H', 'Connection: close'])]
  const call = ['curl', ...options, `http://${host}:${port}/[1-${requests}]`]
  const begun = performance.now()
  await inBackground('docker', ['exec', container, ...call])
  return (requests * 1000) / (performance.now() - begun)
}

const results = new Map()
const note = (name, value) => results.set(name, [...(results.get(name) ?? []), value])

function quartile(values, part) {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.round((sorted.length - 1) * part)]
}

const server = createServer((_, response) => response.end('served'))
try {
  docker('network', 'create', '--subnet', '198.51.100.240/28', '--gateway', address, network)
  server.listen(port, address)
  await once(server, 'listening')
  for (const [kind, text] of Object.entries(kinds)) {
    mkdirSync(join(folder, kind))
    writeFileSync(join(folder, kind, 'sandbox.yaml'), `agent: shell\nname: ${kind}\n${text}`)
    sbx(kind, 'apply', '--yes')
  }
  const image = docker('inspect', '--format', '{{.Image}}', containerOf('open', 'agent'))
  for (let round = 0; round < rounds; round += 1) {
    let plain = ''
    const start = ['run', '--detach', '--init', '--entrypoint', 'sleep', image, 'infinity']
    note(
      'start, docker run',
      timed(() => (plain = docker(...start))),
    )
    docker('rm', '--force', plain)
    for (const kind of Object.keys(kinds)) {
      sbx(kind, 'rm', '--force')
      note(
        `start, sbx, ${kind}`,
        timed(() => sbx(kind, 'apply', '--yes')),
      )
    }
    const proxy = containerOf('limited', 'proxy')
    // Nothing inside can write it.
    appendFileSync(docker('inspect', '--format', '{{.HostsPath}}', proxy), `${address} served.test\n`)
    docker('kill', '--signal', 'HUP', proxy)
    for (const kind of Object.keys(kinds)) {
      const host = kind === 'limited' ? 'served.test' : address
      for (const isKept of [true, false]) {
        const rate = await requestsASecond(containerOf(kind, 'agent'), { host, isKept })
        note(`requests/s, ${isKept ? 'kept alive' : 'each anew'}, ${kind}`, rate)
      }
    }
    stdout.write('.')
  }
} finally {
  for (const kind of Object.keys(kinds)) {
    try {
      sbx(kind, 'rm', '--volumes', '--force')
    } catch (error) {
      stdout.write(`${kind} stays: ${error.message}\n`)
    }
  }
  server.closeAllConnections()
  server.close()
  docker('network', 'rm', network)
  rmSync(folder, { recursive: true, force: true })
}

stdout.write(`\n${cpus().length} cores, load ${loadavg()[0].toFixed(1)}, ${rounds} rounds\n`)
for (const [name, values] of results) {
  const [low, median, high] = [0.25, 0.5, 0.75].map((part) => quartile(values, part).toFixed(0).padStart(6))
  const unit = name.startsWith('start') ? ' ms' : ''
  stdout.write(`${name.padEnd(36)} ${median}${unit}  (${low.trim()} to ${high.trim()})\n`)
}
