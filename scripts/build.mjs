// Makes dist/: one CommonJS file with everything in it, what starts it, its code as V8 has compiled it, and the notices of
// what is bundled. Templates and schemas are read from the package's own folders beside dist/.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { thirdPartyNotices } from './notices.mjs'
import { rehearsalEngine } from './rehearsal-engine.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')

/**
 * What packages load at their start and sbx never calls. ssh2 and gRPC alone would cost more than a whole plan.
 */
const replacedModules = {
  // The user's own ssh connects to engines behind ssh://.
  'docker-modem/lib/ssh.js': notBundled('ssh2'),
  // Images are built by the engine's build call, which needs no session with the client.
  'dockerode/lib/session.js': notBundled('BuildKit sessions'),
  'dockerode/lib/buildkit.js': notBundled('BuildKit progress'),
  // A build's context comes as an archive, made by sbx itself.
  'tar-fs/index.js': notBundled('reading of build folders'),
  '@balena/dockerignore/ignore.js': notBundled('reading of build folders'),
  // cosmiconfig finds the file; its loaders would run code from a repository, and sbx has its own for YAML.
  'cosmiconfig/dist/loaders.js': notBundled('the loaders of cosmiconfig'),
}

function notBundled(what) {
  return `const refuse = () => { throw new Error('Not part of this build: ${what}') }
    module.exports = new Proxy(refuse, { get: () => refuse })`
}

function isReplaced(path) {
  return Object.keys(replacedModules).some((replaced) => path.endsWith(`node_modules/${replaced}`))
}

const replaceModules = {
  name: 'replace-modules',
  setup({ onLoad }) {
    for (const [path, contents] of Object.entries(replacedModules)) {
      onLoad({ filter: new RegExp(`/node_modules/${path.replaceAll('.', '\\.')}$`) }, () => ({
        contents,
        loader: 'js',
      }))
    }
  },
}

/**
 * Modules of Node that most calls do without, loaded when something of theirs is first used: the imports of a file would
 * load them all at its start, which makes a tenth of a plan without changes.
 */
const lateModules = ['child_process', 'https', 'net', 'readline/promises', 'timers/promises', 'tls', 'zlib']

const lateNodeModules = {
  name: 'late-node-modules',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(node:)?(${lateModules.join('|')})$`) }, ({ path, namespace }) =>
      namespace === 'late' ? { path, external: true } : { path: path.replace(/^node:/, ''), namespace: 'late' },
    )
    onLoad({ filter: /.*/, namespace: 'late' }, async ({ path }) => {
      const names = Object.keys(await import(`node:${path}`)).filter((name) => name !== 'default')
      return {
        contents: `for (const name of ${JSON.stringify(names)}) {
          Object.defineProperty(exports, name, {
            enumerable: true,
            get: () => require('node:${path}')[name],
            // Of an object that inherits from this one.
            set(value) { Object.defineProperty(this, name, { value }) },
          })
        }`,
      }
    })
  },
}

/**
 * docker-modem puts every request into words for a log that is off. That takes time, and with DEBUG in the environment it
 * shows a session's secrets. The log's package also looks for another one outside of ours.
 */
const silencedModem = {
  name: 'silenced-modem',
  setup({ onLoad }) {
    onLoad({ filter: /\/node_modules\/docker-modem\/lib\/modem\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      const silenced = source
        .replace("debug = require('debug')('modem')", 'debug = () => {}')
        .replace("util = require('util')", "util = { inspect: () => '' }")
        .replace("HttpDuplex = require('./http_duplex')", "HttpDuplex = (...args) => require('./http_duplex')(...args)")
        .replace('new HttpDuplex(', 'HttpDuplex(')
      if (/require\('(debug|util)'\)|= require\('.\/http_duplex'\)|new HttpDuplex/.test(silenced))
        throw new Error(`${path} has changed; look at it anew`)
      return { contents: silenced, loader: 'js' }
    })
  },
}

/** `import.meta` of a source file stays what it is in the tree, so a path relative to it means the same in dist/. */
const moduleUrls = {
  name: 'module-urls',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      if (!source.includes('import.meta.')) return undefined
      const file = `require('node:path').join(__dirname, ${JSON.stringify(`../${relative(root, path)}`)})`
      const contents = source
        .replaceAll('import.meta.dirname', `require('node:path').dirname(${file})`)
        .replaceAll('import.meta.url', `require('node:url').pathToFileURL(${file}).href`)
      return { contents, loader: 'ts' }
    })
  },
}

/**
 * The descriptions of the templates that come with sbx, read and checked here by the very code that reads a person's own: to
 * parse one is a twentieth of a plan without changes.
 */
const readDescriptions = {
  name: 'read-descriptions',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/template\/built-in-descriptions\.ts$/ }, async ({ path }) => {
      const descriptions = await builtInDescriptions(path)
      return {
        contents: `const descriptions = ${JSON.stringify(descriptions)}
          export const describedTemplates = () => Object.keys(descriptions)
          export const builtInDescription = (folder, name) => descriptions[name]`,
        loader: 'js',
      }
    })
  },
}

/** By name. Throws, and so ends the build, where one is not valid. */
async function builtInDescriptions(path) {
  const options = { entryPoints: [path], bundle: true, platform: 'node', format: 'cjs', write: false }
  const { outputFiles } = await build(options)
  const module = { exports: {} }
  new Function('module', 'exports', 'require', outputFiles[0].text)(module, module.exports, createRequire(path))
  const { describedTemplates, builtInDescription } = module.exports
  const folder = join(root, 'templates')
  const problems = []
  const entries = describedTemplates(folder).map((name) => {
    try {
      return [name, builtInDescription(folder, name)]
    } catch (error) {
      for (const { at, detail } of error.diagnostics ?? [{ at: { file: name }, detail: error.stack }])
        problems.push(`${at.file}:${at.line}: ${detail}`)
      return [name, null]
    }
  })
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return Object.fromEntries(entries)
}

/** In one move, so that whoever runs the old file meanwhile keeps it whole. */
async function put(name, contents, mode) {
  const path = join(dist, name)
  const unfinished = `${path}.${process.pid}`
  await writeFile(unfinished, contents)
  await chmod(unfinished, mode)
  await rename(unfinished, path)
}

const result = await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outfile: join(dist, 'main.cjs'),
  charset: 'ascii', // scripts/start.cjs reads it as bytes
  banner: { js: '(function (exports, require, module, __filename, __dirname) {' },
  footer: { js: '})' },
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20.12',
  minifySyntax: true,
  legalComments: 'none', // dist/THIRD-PARTY-NOTICES.txt has the whole licences
  loader: { '.sh': 'text' },
  plugins: [replaceModules, silencedModem, readDescriptions, lateNodeModules, moduleUrls],
  logLevel: 'warning',
  logOverride: { 'empty-import-meta': 'error' },
  metafile: true,
  write: false,
})
const [bundle] = result.outputFiles
const [{ inputs }] = Object.values(result.metafile.outputs)
const bundled = Object.keys(inputs).filter((path) => inputs[path].bytesInOutput > 0 && !isReplaced(path))
const notices = await thirdPartyNotices(root, [...bundled, ...(await bundledInto(bundled))])

await mkdir(dist, { recursive: true })
// First, so that no compiled code is ever beside a bundle that it is not of.
for (const name of await readdir(dist)) if (name.endsWith('.cache')) await rm(join(dist, name), { force: true })
await put('main.cjs', bundle.contents, 0o644)
const start = await readFile(join(root, 'scripts/start.cjs'), 'utf8')
const digest = createHash('sha256').update(bundle.contents).digest('hex').slice(0, 16)
await put('sbx.cjs', start.replace('BUNDLE_DIGEST', digest), 0o755)
await put('THIRD-PARTY-NOTICES.txt', notices, 0o644)
await put(`main-${process.versions.v8}-${process.arch}.cache`, await compiledCode(), 0o644)
console.log(`dist/main.cjs: ${Math.round(bundle.contents.length / 1024)} KB`)

/** Files of packages that are in a generated one already: esbuild has left a line with the path above each. */
async function bundledInto(paths) {
  const generated = paths.filter((path) => path.includes('.generated.'))
  const texts = await Promise.all(generated.map((path) => readFile(join(root, path), 'utf8')))
  return texts.flatMap((text) => [...text.matchAll(/^\/\/ (node_modules\/.+)$/gm)].map(([, path]) => path))
}

/** What V8 has compiled after an apply without changes: most of what any command needs. */
async function compiledCode() {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-yaml-build-'))
  const project = join(folder, 'project')
  const engine = rehearsalEngine()
  try {
    await mkdir(project)
    await writeFile(join(project, 'sandbox.yaml'), 'agent: shell\nenv: { A: b }\n')
    const socket = join(folder, 'engine.sock')
    await once(engine.listen(socket), 'listening')
    const output = join(folder, 'code')
    const env = {
      ...process.env,
      HOME: join(folder, 'home'),
      XDG_CONFIG_HOME: '',
      DOCKER_HOST: `unix://${socket}`,
      CODE_CACHE: output,
    }
    const apply = async (...args) => {
      const command = [...args, join(dist, 'sbx.cjs'), 'apply', '--yes']
      const [exitCode] = await once(spawn(process.execPath, command, { cwd: project, env, stdio: 'ignore' }), 'close')
      // It would only be slower.
      if (exitCode !== 0) console.warn(`dist/: the apply of the build ended with exit code ${exitCode}`)
    }
    await apply()
    await apply('--require', join(root, 'scripts/record-code-cache.cjs'))
    return await readFile(output)
  } finally {
    engine.close()
    await rm(folder, { recursive: true })
  }
}
