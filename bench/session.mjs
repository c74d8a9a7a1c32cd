// What it costs that a session outlives its terminal: `npm run bench:session`, once `npm run build` has run. The same `sbx run`
// in a terminal, kept in tmux and as a plain exec (on a terminal that cannot be cleared nothing is kept), and `docker exec -it`
// beside them, in turn; to the first line that is printed and to the end. Prints a Markdown table of medians, and of what lies
// between the quartiles. Takes a terminal from `script`, which Debian always has.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { env, execPath as node, pid, stdout } from 'node:process'
import { fileURLToPath } from 'node:url'

const rounds = Number(env.BENCH_ROUNDS ?? 20)
const program = fileURLToPath(new URL('../dist/sbx.cjs', import.meta.url))
const root = realpathSync(mkdtempSync(join(tmpdir(), 'sbx-session-')))
const project = join(root, 'project')
const surroundings = { ...env, HOME: join(root, 'home'), SBX_SCOPE: `session${pid}`, NODE_EXTRA_CA_CERTS: undefined }
for (const each of [surroundings.HOME, project]) mkdirSync(each)
writeFileSync(join(project, 'sandbox.yaml'), 'agent: shell\nnetwork: none\n')

function sbx(...args) {
  return execFileSync(node, [program, ...args], { cwd: project, env: surroundings, encoding: 'utf8' })
}

/** Milliseconds to the first line of the command inside, and to the end of what showed it. */
async function inTerminal(command, terminal) {
  const begun = performance.now()
  const options = { cwd: project, env: { ...surroundings, TERM: terminal }, stdio: ['pipe', 'pipe', 'inherit'] }
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], options)
  let text = ''
  let first = null
  child.stdout.on('data', (piece) => {
    text += piece
    if (first === null && text.includes('ready-42')) first = performance.now() - begun
  })
  const [code] = await once(child, 'close')
  if (first === null || code !== 5) throw new Error(`${command} exited ${code} and printed ${text}`)
  return { first, end: performance.now() - begun }
}

function quartile(values, part) {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.round((sorted.length - 1) * part)].toFixed(0)
}

const inside = `'echo ready-$((6 * 7)); exit 5'`
const run = `'${node}' '${program}' run --quiet --new -- -c ${inside}`
const results = new Map()
try {
  sbx('apply', '--yes')
  const [{ container_id: id }] = JSON.parse(sbx('inspect'))
  const ways = {
    'sbx run, kept': [run, 'xterm-256color'],
    'sbx run, plain exec': [run, 'dumb'],
    'docker exec -it': [`docker exec -it -u agent ${id} bash -c ${inside}`, 'xterm-256color'],
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, way] of Object.entries(ways)) {
      results.set(name, [...(results.get(name) ?? []), await inTerminal(...way)])
    }
  }
} finally {
  sbx('rm', '--volumes', '--force')
  rmSync(root, { recursive: true, force: true })
}

stdout.write(`${cpus().length} cores, load ${loadavg()[0].toFixed(1)}, ${rounds} rounds\n\n`)
stdout.write('| start of a session | to the first line, ms | to the end, ms |\n|---|---:|---:|\n')
for (const [name, all] of results) {
  const cells = ['first', 'end'].map((what) => {
    const [low, median, high] = [0.25, 0.5, 0.75].map((part) =>
      quartile(
        all.map((each) => each[what]),
        part,
      ),
    )
    return `${median} (${low} to ${high})`
  })
  stdout.write(`| ${name} | ${cells.join(' | ')} |\n`)
}
