// Makes dist/: one CommonJS file with everything in it, a second one for engines behind ssh, and the notices of what is
// bundled. Templates and schemas are read from the package's own folders beside dist/.

import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { thirdPartyNotices } from './notices.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')

/**
 * Module text by the path its import resolves to. dockerode loads ssh2 and gRPC at its very start (0.2 s), for two things
 * that few calls or none need.
 */
const replacedModules = {
  // An engine behind ssh://, from the second file and at the first connection.
  'docker-modem/lib/ssh.js': `module.exports = (options) => require('./ssh.cjs')(options)`,
  // BuildKit's own protocol; images are built by the engine's build call.
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

/** ssh2 has faster native parts and does without them. */
const noNativeParts = {
  name: 'no-native-parts',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^cpu-features$|\.node$/ }, ({ path }) => ({ path, namespace: 'native' }))
    onLoad({ filter: /.*/, namespace: 'native' }, ({ path }) => ({
      contents: `throw new Error('${basename(path)} is native and not bundled')`,
    }))
  },
}

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20.12',
  minifySyntax: true,
  legalComments: 'none', // dist/THIRD-PARTY-NOTICES.txt has the whole licences
  loader: { '.sh': 'text' },
  logLevel: 'warning',
  metafile: true,
  write: false,
}

/** In one move, so that whoever runs the old file meanwhile keeps it whole. */
async function put(path, contents, mode) {
  const unfinished = `${path}.${process.pid}`
  await writeFile(unfinished, contents)
  await chmod(unfinished, mode)
  await rename(unfinished, path)
}

const [main, ssh] = await Promise.all([
  build({
    ...shared,
    entryPoints: ['src/main.ts'],
    outfile: join(dist, 'sbx.cjs'),
    plugins: [replaceModules, moduleUrls],
    external: ['./ssh.cjs'],
    banner: { js: '#!/usr/bin/env node' },
  }),
  build({
    ...shared,
    entryPoints: ['node_modules/docker-modem/lib/ssh.js'],
    outfile: join(dist, 'ssh.cjs'),
    plugins: [noNativeParts],
  }),
])

await mkdir(dist, { recursive: true })
for (const { outputFiles } of [main, ssh]) {
  for (const file of outputFiles) {
    await put(file.path, file.contents, basename(file.path) === 'sbx.cjs' ? 0o755 : 0o644)
  }
}
const bundled = [main, ssh]
  .flatMap(({ metafile }) => Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs)))
  .filter(([path, { bytesInOutput }]) => bytesInOutput > 0 && !isReplaced(path))
  .map(([path]) => path)
const notices = await thirdPartyNotices(root, bundled)
await put(join(dist, 'THIRD-PARTY-NOTICES.txt'), notices, 0o644)

const kilobytes = (result) => Math.round(result.outputFiles[0].contents.length / 1024)
console.log(`dist/sbx.cjs ${kilobytes(main)} KB, dist/ssh.cjs ${kilobytes(ssh)} KB`)
