// A container engine for the quickstart and the tests: the one that answers, or one that root starts.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ensurePackages, isDebian, isRoot } from './debian.mjs'
import { callEngine } from './engine-api.mjs'
import { holding } from './lock.mjs'
import { Refusal, runQuietly, step } from './progress.mjs'

const startTime = 60_000 // milliseconds until a daemon must answer

/** Where sbx itself looks when nothing is said. */
function usualSockets(env) {
  const home = env['HOME'] ?? homedir()
  const runtime = env['XDG_RUNTIME_DIR']
  return [
    '/var/run/docker.sock',
    ...(runtime === undefined ? [] : [join(runtime, 'docker.sock')]),
    join(home, '.docker/run/docker.sock'),
    join(home, '.docker/desktop/docker.sock'),
    join(home, '.orbstack/run/docker.sock'),
    join(home, '.colima/default/docker.sock'),
    join(home, '.rd/docker.sock'),
    ...(runtime === undefined ? [] : [join(runtime, 'podman/podman.sock')]),
    '/run/podman/podman.sock',
  ]
}

/** The endpoint of docker's current context; null where that is the default one. */
function contextHost(env) {
  const folder = env['DOCKER_CONFIG'] ?? join(env['HOME'] ?? homedir(), '.docker')
  const name = env['DOCKER_CONTEXT'] ?? readJson(join(folder, 'config.json'))?.currentContext ?? 'default'
  if (name === 'default' || name === '') return null
  const id = createHash('sha256').update(name).digest('hex')
  return readJson(join(folder, 'contexts/meta', id, 'meta.json'))?.Endpoints?.docker?.Host ?? null
}

function readJson(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null
}

async function answers(host) {
  try {
    return (await callEngine(host, 'GET', '/_ping')).status === 200
  } catch (error) {
    if (error instanceof Refusal) throw error
    return false // nobody there, or nobody who answers: the same to us
  }
}

/** @returns {Promise<string | null>} an engine that answers, as DOCKER_HOST would name it */
export async function findEngine(env = process.env) {
  const named = env['DOCKER_HOST'] ?? contextHost(env)
  if (named !== null && named !== '') {
    if (await answers(named)) return named
    const source = env['DOCKER_HOST'] === undefined ? 'the current docker context' : 'DOCKER_HOST'
    throw new Refusal(`No engine answers at ${named}, which ${source} names. Start it, or unset that.`)
  }
  for (const socket of usualSockets(env)) {
    if (existsSync(socket) && (await answers(`unix://${socket}`))) return `unix://${socket}`
  }
  return null
}

/**
 * An engine that answers. Where there is none, root on Debian gets Debian's own, and it is said.
 * @returns {Promise<{ host: string, started: { pid: number, log: string } | null }>}
 */
export async function ensureEngine(env = process.env) {
  const found = await findEngine(env)
  if (found !== null) return { host: found, started: null }
  if (process.platform !== 'linux' || !isDebian() || !isRoot()) {
    throw new Refusal(
      'No container engine answers you on this machine. Start Docker (or Podman, or Docker Desktop), see that you may use\n' +
        'its socket (on Linux: the group docker), or set DOCKER_HOST.\n' +
        'As root on Debian or Ubuntu one is installed and started for you.',
    )
  }
  console.log('No container engine answers on this machine. You are root, so one is installed and started: docker.io.')
  await ensurePackages({ dockerd: 'docker.io' }, 'the container engine')
  return holding('engine', async () => {
    const meanwhile = await findEngine(env)
    if (meanwhile !== null) return { host: meanwhile, started: null }
    return step('starting the engine', startEngine)
  })
}

async function startEngine() {
  const host = 'unix:///var/run/docker.sock'
  if (existsSync('/run/systemd/system')) {
    await runQuietly('systemctl', ['start', 'docker'])
    await untilAnswering(host, () => null)
    return { host, started: null }
  }
  const log = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'sandbox-yaml/dockerd.log')
  // The system's own data folder and pidfile: any other start of docker sees that this one is there and stops.
  return { host, started: await startDaemon({ host, log, args: [] }) }
}

/**
 * Starts dockerd by hand, apart from this process and its terminal, and waits until it answers.
 * @param {{ host: string, log: string, args: readonly string[] }} request
 */
export async function startDaemon({ host, log, args }) {
  mkdirSync(dirname(log), { recursive: true })
  const output = openSync(log, 'w')
  const daemon = spawn('dockerd', ['--host', host, ...args], {
    detached: true,
    stdio: ['ignore', output, output],
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  })
  closeSync(output)
  let ended = null
  daemon.on('error', (error) => (ended = error.message))
  daemon.on('exit', (code, signal) => (ended = `it ended with ${signal ?? code}`))
  await untilAnswering(host, () => (ended === null ? null : `${ended}; the end of ${log}:\n\n${lastLines(log)}`))
  daemon.removeAllListeners()
  daemon.unref()
  return { pid: daemon.pid, log }
}

/** @param {() => string | null} failure why it is of no use to wait any longer */
async function untilAnswering(host, failure) {
  const deadline = Date.now() + startTime
  while (!(await answers(host))) {
    const reason = failure() ?? (Date.now() > deadline ? `no answer at ${host} for ${startTime / 1000} s` : null)
    if (reason !== null) throw new Refusal(`The engine did not start: ${reason}`)
    await pause(100)
  }
}

function lastLines(file) {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-15).join('\n')
}

/** Ends a daemon that this process started, and waits for its end. */
export async function stopDaemon({ pid }) {
  process.kill(pid, 'SIGTERM')
  while (isAlive(pid)) await pause(50)
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false // gone
  }
}
