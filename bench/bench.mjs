// What sbx costs beside bare node, the docker command and devcontainer: `npm run bench`, once `npm run build` has run.
// Prints a Markdown table. The commands of a table run in turn, round after round, and a ratio is the median of the
// ratios within each round, so that a machine that is busy for a while is so for all of them.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, homedir, platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, execPath as node, pid, stderr, stdout, versions } from 'node:process'
import { fileURLToPath } from 'node:url'

const rounds = { unchanged: Number(env.BENCH_ROUNDS ?? 20), changing: Number(env.BENCH_CHANGING_ROUNDS ?? 5) }

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sbx-bench-')))
const name = `sbx-bench-${pid}`
const project = join(folder, name)
mkdirSync(join(project, '.devcontainer'), { recursive: true })
mkdirSync(join(folder, 'home'))
writeFileSync(join(project, 'sandbox.yaml'), 'agent: shell\nenv: { COLOUR: blue }\n')

const surroundings = {
  ...env,
  HOME: join(folder, 'home'),
  XDG_CONFIG_HOME: '',
  DOCKER_CONFIG: env.DOCKER_CONFIG ?? join(homedir(), '.docker'),
  SBX_SCOPE: `bench${pid}`,
  // Node reads these certificates at each start, used or not, which takes longer than all else that bare node does. So
  // there is a table without and, where the system has a bundle, one with them, as behind a proxy that has its own.
  NODE_EXTRA_CA_CERTS: undefined,
  NODE_OPTIONS: undefined,
}

/** Where Debian and its kin have them. */
const systemCertificates = '/etc/ssl/certs/ca-certificates.crt'

const sbx = (...args) => [node, join(root, 'dist/sbx.cjs'), ...args]
const devcontainer = (...args) => [
  ...[node, join(root, 'node_modules/@devcontainers/cli/devcontainer.js'), 'up'],
  ...['--workspace-folder', project, ...args],
]

/** Runs a command to its end; gives what it printed. Throws where it fails. */
function run([command, ...args]) {
  return execFileSync(command, args, {
    cwd: project,
    env: surroundings,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Wall-clock and CPU time of a command and its children, in milliseconds. Bash alone tells both on every system. */
function timed(command, environment) {
  const script = `TIMEFORMAT='%3R %3U %3S'; time "$@" >/dev/null 2>&1`
  const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', ...command], {
    cwd: project,
    env: { ...surroundings, LC_ALL: 'C', ...environment },
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${command.join(' ')} ended with exit code ${status}`)
  const [wall, user, system] = stderr.trim().split(' ').map(Number)
  return { wall: wall * 1000, cpu: (user + system) * 1000 }
}

/** Each command is `{ name, command, before? }`; what `before` does is not timed. */
function measure(count, commands, environment = {}) {
  const measured = commands.map(({ name }) => ({ name, times: [] }))
  for (let round = 0; round <= count; round++) {
    stderr.write(`\r${commands.map(({ name }) => name).join(', ')}: ${round}/${count} `)
    for (const [index, { command, before }] of commands.entries()) {
      before?.()
      const times = timed(command, environment)
      // The first round warms the machine's caches.
      if (round > 0) measured[index].times.push(times)
    }
  }
  stderr.write('\n')
  return measured
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

/** Wall and CPU of each, and of those of sbx the ratio to each of the others. */
function table(title, measured) {
  const others = measured.filter(({ name }) => !name.startsWith('sbx'))
  const lines = [
    [title, 'wall ms', 'cpu ms', ...others.map(({ name }) => `to ${name}: wall, cpu`)],
    ['---', '---:', '---:', ...others.map(() => '---:')],
  ]
  for (const { name, times } of measured) {
    const ratio = (other, kind) => median(times.map((time, round) => time[kind] / other.times[round][kind])).toFixed(2)
    const ratios = others.map((other) =>
      name.startsWith('sbx') ? `${ratio(other, 'wall')}, ${ratio(other, 'cpu')}` : '',
    )
    const own = ['wall', 'cpu'].map((kind) => Math.round(median(times.map((time) => time[kind]))))
    lines.push([name, ...own, ...ratios])
  }
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}

const removeSandbox = () => run(sbx('rm', '--volumes', '--force'))
const removeDocker = () => spawnSync('docker', ['rm', '-f', name], { env: surroundings, stdio: 'ignore' })
const removeDevcontainer = () => {
  const ids = run(['docker', 'ps', '-aq', '--filter', `label=devcontainer.local_folder=${project}`])
  if (ids !== '') run(['docker', 'rm', '-f', '-v', ...ids.trim().split('\n')])
}
const removeImages = () => {
  // devcontainer makes one of its own where the user inside has to get another id.
  const ids = run(['docker', 'images', '-q', '--filter', `reference=vsc-${name}-*`])
  if (ids !== '') run(['docker', 'rmi', ...ids.trim().split('\n')])
}

try {
  run(sbx('apply', '--yes'))
  const [
    {
      container_id: containerId,
      image: { reference: image },
    },
  ] = JSON.parse(run(sbx('inspect')))
  const docker = ['docker', 'run', '-d', '--init', '--name', name, image, 'sleep', 'infinity']
  writeFileSync(join(project, '.devcontainer/devcontainer.json'), JSON.stringify({ image }))
  run(devcontainer())

  const engine = run(['docker', 'version', '--format', '{{.Server.Version}}']).trim()
  stdout.write(
    `${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} cores (${cpus()[0].model.trim()}), ` +
      `${platform()} ${arch()}, Node ${versions.node}, Docker Engine ${engine}, ` +
      `@devcontainers/cli ${run([node, join(root, 'node_modules/@devcontainers/cli/devcontainer.js'), '--version']).trim()}; ` +
      `medians of ${rounds.unchanged} and ${rounds.changing} rounds\n\n`,
  )
  const unchanged = [
    { name: 'node -e 0', command: [node, '-e', '0'] },
    { name: 'docker inspect', command: ['docker', 'inspect', containerId] },
    { name: 'sbx plan', command: sbx('plan') },
    { name: 'sbx apply', command: sbx('apply') },
    { name: 'devcontainer up', command: devcontainer() },
  ]
  stdout.write(`${table('nothing to change', measure(rounds.unchanged, unchanged))}\n`)
  if (existsSync(systemCertificates)) {
    const measured = measure(rounds.unchanged, unchanged, { NODE_EXTRA_CA_CERTS: systemCertificates })
    stdout.write(`${table('nothing to change, NODE_EXTRA_CA_CERTS set', measured)}\n`)
  }

  const created = measure(rounds.changing, [
    { name: 'docker run', command: docker, before: removeDocker },
    { name: 'sbx apply', command: sbx('apply', '--yes'), before: removeSandbox },
    { name: 'devcontainer up', command: devcontainer(), before: removeDevcontainer },
  ])
  stdout.write(`${table('create', created)}\n`)

  const again = ['sh', '-c', `docker rm -f ${name} && "$@"`, 'sh', ...docker]
  const recreated = measure(rounds.changing, [
    { name: 'docker rm and run', command: again },
    { name: 'sbx apply', command: sbx('apply', '--yes', '--discard', '--recreate') },
    { name: 'devcontainer up', command: devcontainer('--remove-existing-container') },
  ])
  stdout.write(table('recreate', recreated))
} finally {
  removeSandbox()
  run(sbx('prune', '--yes'))
  removeDocker()
  removeDevcontainer()
  removeImages()
  rmSync(folder, { recursive: true })
}
