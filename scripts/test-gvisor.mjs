// `npm run test:gvisor`: the attempts of an agent, and sessions that last, once more in a sandbox with `isolation: gvisor`. On
// an engine of its own, in network and mount namespaces of its own, because the engine there is may not know the runtime and
// is not reloaded for it. As root on Debian, whose package of runsc is used without being installed.

import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { callEngine } from './engine-api.mjs'
import { ensurePackages, isRoot } from './debian.mjs'
import { buildAll, ensureInstalled } from './install.mjs'
import { Refusal, runHere, runQuietly, runScript, step } from './progress.mjs'
import { endEngine, prepareEngine } from './test-engine.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const startLimit = 60_000 // milliseconds
/** `npm run bench:access` needs the same engine. */
const isBench = process.argv[2] === 'bench'

/** $1 the folder, $2 the program of runsc. The network of the container is used as it is, and its cgroup stays the engine's. */
const start = `
ip link set lo up
exec dockerd --host="unix://$1/docker.sock" --data-root="$1/data" --exec-root="$1/run" --pidfile="$1/pid" \\
  --exec-opt=native.cgroupdriver=cgroupfs --add-runtime "runsc=$2"
`

await runScript(async () => {
  if (!isRoot()) throw new Refusal('Only root can start an engine in namespaces of its own.')
  await ensurePackages({ ip: 'iproute2', nsenter: 'util-linux' }, 'the network of the engine that knows runsc')
  const engine = await prepareEngine()
  const folder = mkdtempSync(join(tmpdir(), 'sbx-gvisor-'))
  let daemon = null
  try {
    await ensureInstalled(root)
    await buildAll(root)
    const runtime = await step('unpacking runsc', () => unpackRuntime(folder))
    const images = await step('building the images', () => buildImages(folder, engine.host))
    daemon = spawn('unshare', ['--net', '--mount', 'sh', '-c', start, 'sh', folder, runtime], { stdio: 'ignore' })
    const host = `unix://${join(folder, 'docker.sock')}`
    await step('starting an engine that knows runsc', () => whenItAnswers(host, daemon))
    await step('loading the images', () => runQuietly('docker', ['--host', host, 'load', '--input', images]))
    const env = { ...process.env, DOCKER_HOST: host, SBX_TEST_ISOLATION: 'gvisor', SBX_TEST_IS_BUILT: '1' }
    const command = isBench
      ? [process.execPath, join(root, 'bench/access.mjs')]
      : [join(root, 'node_modules/.bin/vitest'), 'run', '--project', 'gvisor']
    // In its network, where alone the machine that it runs on can be reached.
    return await runHere('nsenter', [`--target=${daemon.pid}`, '--net', ...command], { cwd: root, env })
  } finally {
    if (daemon !== null && daemon.exitCode === null) {
      daemon.kill('SIGTERM')
      await once(daemon, 'exit')
    }
    rmSync(folder, { recursive: true, force: true })
    await endEngine(engine)
  }
})

async function unpackRuntime(folder) {
  await runQuietly(
    'sh',
    ['-c', 'chmod 755 . && apt-get update -qq && apt-get download runsc && dpkg-deb -x runsc_*.deb runsc'],
    {
      cwd: folder,
    },
  )
  const program = join(folder, 'runsc-of-tests')
  const real = join(folder, 'runsc/usr/bin/runsc')
  writeFileSync(program, `#!/bin/sh\nexec ${real} --network=host --ignore-cgroups "$@"\n`)
  chmodSync(program, 0o755)
  return program
}

/** As the other engine builds them; the path of an archive with them. */
async function buildImages(folder, host) {
  const project = join(folder, 'project')
  const images = join(folder, 'images.tar')
  await runQuietly('mkdir', [project])
  writeFileSync(join(project, 'sandbox.yaml'), 'agent: shell\nnetwork: { allow: [] }\n')
  const scope = `gvisor${process.pid}`
  const env = { ...process.env, DOCKER_HOST: host, SBX_SCOPE: scope, HOME: folder }
  const sbx = (...args) => runQuietly(process.execPath, [join(root, 'dist/sbx.cjs'), ...args], { cwd: project, env })
  await sbx('apply', '--yes')
  const filters = encodeURIComponent(JSON.stringify({ label: [`dev.sbx.scope=${scope}`] }))
  const containers = JSON.parse((await callEngine(host, 'GET', `/containers/json?filters=${filters}`)).text)
  const names = [...new Set(containers.map(({ Image }) => Image))]
  await sbx('rm', '--volumes', '--force')
  // Its network is every sandbox's of the scope.
  await sbx('prune', '--yes')
  await runQuietly('docker', ['--host', host, 'save', '--output', images, ...names, 'debian:bookworm-slim'])
  return images
}

async function whenItAnswers(host, daemon) {
  const deadline = Date.now() + startLimit
  while (Date.now() < deadline && daemon.exitCode === null) {
    const answer = await callEngine(host, 'GET', '/_ping').catch(() => null)
    if (answer?.status === 200) return
    await delay(100)
  }
  throw new Refusal('The engine does not start.')
}
