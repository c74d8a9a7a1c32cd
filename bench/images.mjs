// What the images of the templates cost in time and space: `npm run bench:images`, once `npm run build` has run. Prints a
// Markdown table. Cold is a build of that image alone on the one below it, without a cache and under a tag of its own;
// warm is `sbx template build` of what is there. Arguments name templates; without any it is all of them.

import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { argv, env, execPath as node, pid, stderr, stdout } from 'node:process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const sbx = (...args) => run(node, [join(root, 'dist/sbx.cjs'), ...args])
const folder = mkdtempSync(join(tmpdir(), 'sbx-bench-images-'))
const made = []

function run(command, args) {
  // The classic builder unless the environment says otherwise: engines without another are the slowest.
  const surroundings = { DOCKER_BUILDKIT: '0', ...env, NO_COLOR: '1' }
  return execFileSync(command, args, {
    cwd: folder,
    env: surroundings,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** In seconds. */
function timed(work) {
  const begun = performance.now()
  work()
  return (performance.now() - begun) / 1000
}

/** In MB of a million bytes, as the docker command shows them. */
function size(image) {
  return Number(run('docker', ['image', 'inspect', '--format', '{{.Size}}', image])) / 1e6
}

/** The same folder as sbx builds, with every parent by the tag that it has now. */
function coldBuild({ name, version, image }) {
  const context = join(folder, name)
  cpSync(join(root, 'templates', name), context, { recursive: true })
  const dockerfile = readFileSync(join(context, 'Dockerfile'), 'utf8')
  const pinned = dockerfile.replaceAll(/localhost\/sbx-([a-z0-9-]+)/g, (_, parent) => images.get(parent))
  writeFileSync(join(context, 'Dockerfile'), pinned)
  if (name === 'base') copyCertificates(image, context)
  const tag = `localhost/sbx-bench-${name}:${pid}`
  made.push(tag)
  const args = version === null ? [] : ['--build-arg', `VERSION=${version}`]
  run('docker', ['build', '--no-cache', '--force-rm', '--tag', tag, ...args, context])
}

/** Those of this machine that the image has. */
function copyCertificates(image, context) {
  const id = run('docker', ['create', image]).trim()
  try {
    run('docker', ['cp', `${id}:/usr/local/share/ca-certificates/.`, join(context, 'ca-certificates')])
  } finally {
    run('docker', ['rm', id])
  }
}

const { templates } = JSON.parse(sbx('template', 'ls', '--json'))
const images = new Map(templates.map(({ name, image }) => [name, image]))
const named = argv.slice(2)
const chosen = templates.filter(
  ({ name, source }) => source === 'built-in' && (named.length === 0 || named.includes(name)),
)

try {
  const rows = chosen.map((template) => {
    const { name, image } = template
    stderr.write(`${name}\n`)
    sbx('template', 'build', name)
    const parents = [...readFileSync(join(root, 'templates', name, 'Dockerfile'), 'utf8').matchAll(/^FROM (\S+)/gm)]
    const below = images.get(parents.at(-1)[1].replace('localhost/sbx-', '')) ?? parents.at(-1)[1]
    const cold = timed(() => coldBuild(template))
    const warm = timed(() => sbx('template', 'build', name))
    const [whole, ownPart] = [size(image), size(image) - size(below)]
    return [name, cold.toFixed(0), warm.toFixed(2), ownPart.toFixed(0), whole.toFixed(0)]
  })
  stdout.write(
    `${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} cores (${cpus()[0].model.trim()}), ` +
      `${platform()} ${arch()}, Docker Engine ${run('docker', ['version', '--format', '{{.Server.Version}}']).trim()}\n\n`,
  )
  const heads = ['image', 'cold s', 'warm s', 'own MB', 'whole MB']
  for (const cells of [heads, heads.map((_, at) => (at === 0 ? '---' : '---:')), ...rows]) {
    stdout.write(`| ${cells.join(' | ')} |\n`)
  }
} finally {
  for (const tag of made) run('docker', ['rmi', tag])
  rmSync(folder, { recursive: true })
}
