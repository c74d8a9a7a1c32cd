// What `sbx ls` and `sbx plan --all` cost with few and with many sandboxes on one engine: `npm run bench:many`, once
// `npm run build` has run. Makes the sandboxes of an image that has busybox alone, and removes all of it. Prints a Markdown
// table: engine calls, and the CPU time that each further sandbox takes.

import { execFileSync, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, execPath as node, pid, stderr, stdout, versions } from 'node:process'
import { fileURLToPath } from 'node:url'
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'

/** Counts the requests that pass; in a thread of its own, since the commands are waited for without a break. */
function countRequests({ socket, engine }) {
  let count = 0
  const server = createServer((client) => {
    const upstream = connect(engine)
    client.on(
      'data',
      (chunk) => (count += (chunk.toString('latin1').match(/^[A-Z]+ \/\S* HTTP\/1\.1\r$/gm) ?? []).length),
    )
    client.pipe(upstream).pipe(client)
    client.on('error', () => upstream.destroy())
    upstream.on('error', () => client.destroy())
  })
  server.listen(socket, () => parentPort.postMessage('listening'))
  parentPort.on('message', () => {
    parentPort.postMessage(count)
    count = 0
  })
}

if (!isMainThread) {
  countRequests(workerData)
} else {
  const few = 10
  const many = Number(env.BENCH_SANDBOXES ?? 200)
  const rounds = Number(env.BENCH_ROUNDS ?? 10)
  const root = fileURLToPath(new URL('..', import.meta.url))
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sbx-many-')))
  const projects = join(folder, 'projects')
  const image = `localhost/sbx-many-${pid}:1`
  const engine = (env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '')
  const socket = join(folder, 'engine.sock')
  const surroundings = {
    ...env,
    HOME: join(folder, 'home'),
    XDG_CONFIG_HOME: '',
    SBX_SCOPE: `many${pid}`,
    NODE_EXTRA_CA_CERTS: undefined,
    NODE_OPTIONS: undefined,
  }
  const sbx = (...args) => [node, join(root, 'dist/sbx.cjs'), ...args]

  const run = ([command, ...args], options = {}) =>
    execFileSync(command, args, { cwd: projects, env: surroundings, stdio: ['ignore', 'pipe', 'inherit'], ...options })

  /** CPU time of a command in milliseconds; the engine's is not in it. */
  const cpuOf = (command, environment) => {
    const script = `TIMEFORMAT='%U %S'; time "$@" >/dev/null 2>&1`
    const { status, stderr: said } = spawnSync('bash', ['-c', script, 'bash', ...command], {
      cwd: projects,
      env: { ...surroundings, LC_ALL: 'C', ...environment },
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`${command.join(' ')} ended with exit code ${status}`)
    const [user, system] = said.trim().split(' ').map(Number)
    return (user + system) * 1000
  }

  const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

  /** This machine's, else the one of Debian's package, which needs no libraries. */
  const busybox = () => {
    const packed = join(folder, 'package')
    mkdirSync(packed)
    const places = ['/bin/busybox', '/usr/bin/busybox', join(packed, 'bin/busybox'), join(packed, 'usr/bin/busybox')]
    if (!places.some((path) => existsSync(path))) {
      execFileSync('sh', ['-c', 'apt-get download -q busybox-static && dpkg -x *.deb .'], {
        cwd: packed,
        stdio: 'ignore',
      })
    }
    return places.find((path) => existsSync(path))
  }

  /** An image of busybox alone. */
  const makeImage = () => {
    const found = busybox()
    const files = join(folder, 'image')
    for (const name of ['bin', 'etc', 'tmp', 'home/agent']) mkdirSync(join(files, name), { recursive: true })
    copyFileSync(found, join(files, 'bin/busybox'))
    const applets = execFileSync(found, ['--list'], { encoding: 'utf8' }).trim().split('\n')
    for (const name of applets) if (name !== 'busybox') symlinkSync('busybox', join(files, 'bin', name))
    execFileSync('sh', ['-c', `tar -C "$1" -c . | docker import -c 'ENV PATH=/bin' - "$2"`, 'sh', files, image])
  }

  const declare = (from, to) => {
    for (let at = from; at < to; at++) {
      const name = `p${String(at).padStart(3, '0')}`
      mkdirSync(join(projects, name), { recursive: true })
      const text = `agent: shell\ntemplate: ${image}\nnetwork: none\nenv: { NUMBER: "${at}" }\nresources: { pids: 50 }\n`
      writeFileSync(join(projects, name, 'sandbox.yaml'), text)
    }
    run(sbx('apply', '--quiet', '--all', '--yes', '--allow-widen'), { stdio: ['ignore', 'ignore', 'inherit'] })
  }

  const commands = [
    ['sbx ls', sbx('ls')],
    ['sbx plan --all', sbx('plan', '--all', '--detailed-exitcode')],
  ]
  let counter
  const requests = () =>
    new Promise((resolve) => {
      counter.once('message', resolve)
      counter.postMessage('count')
    })
  const measure = async () => {
    const results = []
    for (const [name, command] of commands) {
      await requests()
      cpuOf(command, { DOCKER_HOST: `unix://${socket}` })
      const calls = await requests()
      const times = []
      for (let round = 0; round < rounds; round++) times.push(cpuOf(command))
      results.push({ name, calls, cpu: median(times) })
    }
    return results
  }

  try {
    mkdirSync(projects)
    mkdirSync(join(folder, 'home'))
    makeImage()
    counter = new Worker(fileURLToPath(import.meta.url), { workerData: { socket, engine } })
    await new Promise((resolve) => counter.once('message', resolve))
    declare(0, few)
    const first = await measure()
    stderr.write(`${few} sandboxes measured, making ${many - few} more\n`)
    declare(few, many)
    const last = await measure()
    stdout.write(
      `${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} cores (${cpus()[0].model.trim()}), Node ${versions.node}; medians of ${rounds}\n\n` +
        `| nothing to change | engine calls with ${few} | with ${many} | CPU ms with ${few} | with ${many} | CPU ms for each more |\n| --- | ---: | ---: | ---: | ---: | ---: |\n`,
    )
    for (const [at, { name, calls, cpu }] of first.entries()) {
      const { calls: callsThen, cpu: cpuThen } = last[at]
      const each = ((cpuThen - cpu) / (many - few)).toFixed(2)
      stdout.write(`| \`${name}\` | ${calls} | ${callsThen} | ${cpu.toFixed(0)} | ${cpuThen.toFixed(0)} | ${each} |\n`)
    }
  } finally {
    await counter?.terminate()
    const ids = run(sbx('ls', '-q'), { encoding: 'utf8' }).trim()
    if (ids !== '') run(sbx('rm', '--quiet', '--volumes', '--force', ...ids.split('\n')))
    run(sbx('prune', '--quiet', '--volumes', '--yes'))
    spawnSync('docker', ['rmi', image], { stdio: 'ignore' })
    rmSync(folder, { recursive: true })
  }
}
