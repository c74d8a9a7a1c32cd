// For how long there is no sandbox while it is recreated: `npm run bench:gap`, once `npm run build` has run. Seen from
// outside and alike for all: from the moment the engine is told to end the old container until a command runs in the new
// one. The same change for each of them, a mount more and a mount less in turn; rounds as in bench.mjs.

import { Buffer } from 'node:buffer'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { env, execPath as node, pid, stderr, stdout } from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const rounds = Number(env.BENCH_ROUNDS ?? 7)
const root = fileURLToPath(new URL('..', import.meta.url))
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sbx-gap-')))
const name = `sbx-gap-${pid}`
const project = join(folder, name)
mkdirSync(join(project, '.devcontainer'), { recursive: true })
for (const name of ['home', 'data']) mkdirSync(join(folder, name))

const surroundings = { ...env, HOME: join(folder, 'home'), SBX_SCOPE: `gap${pid}`, NODE_EXTRA_CA_CERTS: undefined }
const socketPath = (env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '')

const sbx = (...args) => [node, join(root, 'dist/sbx.cjs'), ...args]
const devcontainer = [
  ...[node, join(root, 'node_modules/@devcontainers/cli/devcontainer.js'), 'up', '--workspace-folder', project],
]
const hasCompose = spawnSync('docker-compose', ['version'], { stdio: 'ignore' }).status === 0

function run([command, ...args]) {
  return execFileSync(command, args, {
    cwd: project,
    env: surroundings,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** A call to the engine; gives what it answers with. */
async function ask(method, path, body) {
  const asked = request({ socketPath, method, path, headers: { 'Content-Type': 'application/json' } })
  asked.end(body === undefined ? undefined : JSON.stringify(body))
  const [response] = await once(asked, 'response')
  const chunks = []
  for await (const chunk of response) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  return { status: response.statusCode, document: /^[[{]/.test(text) ? JSON.parse(text) : null }
}

async function runningWith(label) {
  const filters = encodeURIComponent(JSON.stringify({ label: [label] }))
  return (await ask('GET', `/containers/json?filters=${filters}`)).document.map(({ Id }) => Id)
}

/** Whether a command can be run in a container; of sbx's, which says when it can be used, also whether it has said so. */
async function isReady(id, test) {
  const made = await ask('POST', `/containers/${id}/exec`, { Cmd: test })
  if (made.status !== 201) return false
  const { Id } = made.document
  if ((await ask('POST', `/exec/${Id}/start`, { Detach: false })).status !== 200) return false
  return (await ask('GET', `/exec/${Id}/json`)).document.ExitCode === 0
}

/** Milliseconds without a sandbox, and of the whole command. */
async function measured({ command, label, test, change }, round) {
  change(round)
  const [old] = await runningWith(label)
  const filters = encodeURIComponent(JSON.stringify({ container: [old], event: ['kill', 'die'] }))
  const events = request({ socketPath, method: 'GET', path: `/events?filters=${filters}` })
  events.end()
  let endedAt
  const [stream] = await once(events, 'response')
  stream.once('data', () => (endedAt = performance.now()))
  const begunAt = performance.now()
  const [program, ...args] = command
  const child = spawn(program, args, { cwd: project, env: surroundings, stdio: 'ignore' })
  const ended = once(child, 'exit')
  let readyAt
  while (readyAt === undefined) {
    const [next] = (await runningWith(label)).filter((id) => id !== old)
    if (next !== undefined && (await isReady(next, test))) readyAt = performance.now()
    else if (child.exitCode) throw new Error(`${command.join(' ')} ended with exit code ${child.exitCode}`)
    else await pause(5)
  }
  await ended
  events.destroy()
  return { gap: readyAt - endedAt, total: Math.max(performance.now(), readyAt) - begunAt }
}

const mount = (round) => (round % 2 === 0 ? [] : [{ source: join(folder, 'data'), target: '/data' }])

const peers = (image) => [
  {
    name: 'sbx apply',
    command: sbx('apply', '--yes', '--discard', '--allow-widen'),
    label: `dev.sbx.scope=gap${pid}`,
    test: ['test', '-e', '/var/lib/sbx/ready'],
    change: (round) =>
      writeFileSync(
        join(project, 'sandbox.yaml'),
        `agent: shell\nmounts: ${JSON.stringify(mount(round).map((each) => ({ ...each, readonly: true })))}\n`,
      ),
    remove: () => {
      run(sbx('rm', '--volumes', '--force'))
      run(sbx('prune', '--yes'))
    },
  },
  {
    name: 'devcontainer up',
    command: [...devcontainer, '--remove-existing-container'],
    label: `devcontainer.local_folder=${project}`,
    test: ['true'],
    change: (round) =>
      writeFileSync(
        join(project, '.devcontainer/devcontainer.json'),
        JSON.stringify({ image, mounts: mount(round).map((each) => ({ ...each, type: 'bind' })) }),
      ),
    remove: () => removeBy(`devcontainer.local_folder=${project}`),
  },
  ...(hasCompose
    ? [
        {
          name: 'docker-compose up',
          command: ['docker-compose', '--project-name', name, 'up', '--detach'],
          label: `com.docker.compose.project=${name}`,
          test: ['true'],
          change: (round) =>
            writeFileSync(join(project, 'docker-compose.yml'), JSON.stringify(composeFile(image, round))),
          remove: () => run(['docker-compose', '--project-name', name, 'down', '--volumes']),
        },
      ]
    : []),
]

function composeFile(image, round) {
  const volumes = ['.:/workspace', ...mount(round).map(({ source, target }) => `${source}:${target}:ro`)]
  return { version: '3.7', services: { sandbox: { image, command: 'sleep infinity', init: true, volumes } } }
}

function removeBy(label) {
  const ids = run(['docker', 'ps', '-aq', '--filter', `label=${label}`]).trim()
  if (ids !== '') run(['docker', 'rm', '-f', '-v', ...ids.split('\n')])
  const images = run(['docker', 'images', '-q', '--filter', `reference=vsc-${name}-*`]).trim()
  if (images !== '') run(['docker', 'rmi', ...images.split('\n')])
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

writeFileSync(join(project, 'sandbox.yaml'), 'agent: shell\n')
run(sbx('apply', '--yes'))
const compared = peers(JSON.parse(run(sbx('inspect')))[0].image.reference)
try {
  const times = compared.map(() => [])
  const load = loadavg()[0]
  for (const { name: peer, change, command } of compared) {
    stderr.write(`${peer}\n`)
    change(0)
    run(command)
  }
  // The first round warms the machine's caches.
  for (let round = 1; round <= rounds + 1; round++) {
    for (const [index, peer] of compared.entries()) {
      const time = await measured(peer, round)
      if (round > 1) times[index].push(time)
    }
    stderr.write(`\r${round - 1}/${rounds} `)
  }
  stderr.write('\n')
  stdout.write(`medians of ${rounds} rounds; load of the machine at the beginning ${load.toFixed(1)}\n\n`)
  stdout.write(
    '| recreate | no sandbox, ms | whole command, ms | ratio of sbx to it: no sandbox, whole |\n|---|---:|---:|---:|\n',
  )
  for (const [index, peer] of compared.entries()) {
    const own = ['gap', 'total'].map((kind) => Math.round(median(times[index].map((time) => time[kind]))))
    const ratio = (kind) => median(times[0].map((time, round) => time[kind] / times[index][round][kind])).toFixed(2)
    stdout.write(
      `| ${[`\`${peer.name}\``, ...own, index === 0 ? '' : `${ratio('gap')}, ${ratio('total')}`].join(' | ')} |\n`,
    )
  }
} finally {
  for (const { remove } of compared) remove()
  rmSync(folder, { recursive: true })
}
