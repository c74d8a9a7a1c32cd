// Makes dist/: one CommonJS file with everything in it, and the notices of what is bundled. Templates and schemas are
// read from the package's own folders beside dist/.

import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { thirdPartyNotices } from './notices.mjs'

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
  // cosmiconfig's loader of TypeScript files; sbx reads YAML alone.
  'typescript/lib/typescript.js': notBundled('TypeScript files'),
}

function notBundled(what) {
  return `module.exports = () => { throw new Error('${what} are not part of this build') }`
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

/** `import.meta.url` of a source file stays what it is in the tree, so a path relative to it means the same in dist/. */
const moduleUrls = {
  name: 'module-urls',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      if (!source.includes('import.meta.')) return undefined
      const place = JSON.stringify(`../${relative(root, path)}`)
      const url = `require('node:url').pathToFileURL(require('node:path').join(__dirname, ${place})).href`
      return { contents: source.replaceAll('import.meta.url', `(${url})`), loader: 'ts' }
    })
  },
}

/** In one move, so that whoever runs the old file meanwhile keeps it whole. */
async function put(path, contents, mode) {
  const unfinished = `${path}.${process.pid}`
  await writeFile(unfinished, contents)
  await chmod(unfinished, mode)
  await rename(unfinished, path)
}

const result = await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outfile: join(dist, 'sbx.cjs'),
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20.12',
  minifySyntax: true,
  legalComments: 'none', // dist/THIRD-PARTY-NOTICES.txt has the whole licences
  banner: { js: '#!/usr/bin/env node' },
  loader: { '.sh': 'text' },
  plugins: [replaceModules, moduleUrls],
  logLevel: 'warning',
  logOverride: { 'empty-import-meta': 'error' },
  metafile: true,
  write: false,
})
const [bundle] = result.outputFiles
const [{ inputs }] = Object.values(result.metafile.outputs)
const bundled = Object.keys(inputs).filter((path) => inputs[path].bytesInOutput > 0 && !isReplaced(path))
const notices = await thirdPartyNotices(root, bundled)

await mkdir(dist, { recursive: true })
await put(bundle.path, bundle.contents, 0o755)
await put(join(dist, 'THIRD-PARTY-NOTICES.txt'), notices, 0o644)
console.log(`dist/sbx.cjs: ${Math.round(bundle.contents.length / 1024)} KB`)
