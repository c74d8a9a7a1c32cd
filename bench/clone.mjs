// What a clone of a large repository takes, in time and disk: `npm run bench:clone`, once `npm run build` has run. The
// repository is made here, of BENCH_MEGABYTES (1000) in files of ten that cannot be compressed, and 3,000 small files. Beside it
// git's own clone over a pipe on this machine. Prints a Markdown table.

import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { env, execPath as node, pid, stdout } from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const megabytes = Number(env.BENCH_MEGABYTES ?? 1000)
const rounds = Number(env.BENCH_ROUNDS ?? 5)
const root = fileURLToPath(new URL('..', import.meta.url))
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sbx-clone-')))
const who = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'B',
  GIT_AUTHOR_EMAIL: 'b@x',
}
const surroundings = {
  ...{ ...env, ...who, GIT_COMMITTER_NAME: 'B', GIT_COMMITTER_EMAIL: 'b@x', HOME: join(folder, 'home') },
  ...{ SBX_SCOPE: `clone${pid}`, NODE_EXTRA_CA_CERTS: undefined },
}
const project = join(folder, 'project')
for (const each of [surroundings.HOME, project]) mkdirSync(each)

function run(program, ...args) {
  return execFileSync(program, args, {
    cwd: project,
    env: surroundings,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

function sbx(...args) {
  return run(node, join(root, 'dist/sbx.cjs'), ...args)
}

function inside(script) {
  return sbx('exec', '-q', '--', 'sh', '-c', script).trim()
}

function makeRepository() {
  run('git', 'init', '--quiet', '--initial-branch=main')
  const file = 'agent: shell\nname: big\nnetwork: none\ngit: { name: B, email: b@x }\nworkspace: { mode: clone }\n'
  writeFileSync(join(project, 'sandbox.yaml'), file)
  for (let at = 0; at < megabytes / 10; at++) {
    writeFileSync(join(project, `large-${at}`), randomBytes(10_000_000))
  }
  mkdirSync(join(project, 'small'))
  for (let at = 0; at < 3000; at++)
    writeFileSync(join(project, 'small', `${at}.txt`), `line of file ${at}\n`.repeat(20))
  run('git', 'add', '--all')
  run('git', 'commit', '--quiet', '--message', 'one')
  run('git', 'repack', '-a', '-d', '--quiet')
}

/** In milliseconds: of the whole apply, and of the step that fills the clone. */
async function apply() {
  const begun = performance.now()
  let filling = 0
  const child = spawn(node, [join(root, 'dist/sbx.cjs'), 'apply', '--yes', '--json'], {
    cwd: project,
    env: surroundings,
  })
  child.stderr.resume()
  const ended = once(child, 'close')
  for await (const line of createInterface({ input: child.stdout })) {
    const { type, status, op } = JSON.parse(line)
    if (type !== 'step' || op !== 'seed-workspace') continue
    if (status === 'begun') filling -= performance.now()
    if (status === 'done') filling += performance.now()
  }
  const [exitCode] = await ended
  if (exitCode !== 0) throw new Error(`sbx apply exited ${exitCode}`)
  return { whole: performance.now() - begun, filling }
}

function timed(work) {
  const begun = performance.now()
  work()
  return performance.now() - begun
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}

function removeAll() {
  const filter = `label=dev.sbx.scope=${surroundings.SBX_SCOPE}`
  const listed = (...args) =>
    run('docker', ...args, '--filter', filter, '-q')
      .split('\n')
      .filter(Boolean)
  const remove = (names, ...args) => names.length > 0 && run('docker', ...args, ...names)
  remove(listed('ps', '-a'), 'rm', '-f')
  remove(listed('volume', 'ls'), 'volume', 'rm')
  remove(listed('network', 'ls'), 'network', 'rm')
}

try {
  makeRepository()
  const bare = timed(() =>
    run('git', 'clone', '--quiet', '--no-local', '--no-checkout', project, join(folder, 'other')),
  )
  const { whole, filling } = await apply()
  const disk = (path) => `${Math.round(Number(inside(`du -sk ${path} | cut -f1`)) / 1024)} MB`
  const rows = [
    ['git clone --no-local --no-checkout, on this machine', `${(bare / 1000).toFixed(1)} s`],
    ['sbx apply', `${(whole / 1000).toFixed(1)} s`],
    ['of it, to fill the clone', `${(filling / 1000).toFixed(1)} s`],
    ['.git of the clone', disk('.git')],
    ['the clone with its files', disk('.')],
  ]
  const times = { fetch: [], nothing: [], push: [] }
  for (let round = 0; round < rounds; round++) {
    inside(`echo ${round} >file-${round} && git add . && git commit -q -m ${round}`)
    times.fetch.push(timed(() => sbx('fetch')))
    times.nothing.push(timed(() => sbx('fetch')))
    run('git', 'commit', '--quiet', '--allow-empty', '--message', String(round))
    times.push.push(timed(() => sbx('push')))
  }
  for (const [name, each] of [
    ['sbx fetch of one commit', times.fetch],
    ['sbx fetch of nothing', times.nothing],
    ['sbx push of one commit', times.push],
  ]) {
    rows.push([name, `${Math.round(median(each))} ms`])
  }
  stdout.write(`${megabytes} MB, ${rounds} rounds, load ${loadavg()[0].toFixed(1)}\n\n| | |\n| --- | ---: |\n`)
  for (const row of rows) stdout.write(`| ${row.join(' | ')} |\n`)
} finally {
  removeAll()
  rmSync(folder, { recursive: true, force: true })
}
