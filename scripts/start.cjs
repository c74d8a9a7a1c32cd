#!/usr/bin/env node
// Becomes dist/sbx.cjs: runs the bundle beside it, from compiled code where there is some for this very Node, which spares
// a third of the time of a plan. The package brings that of the Node that built it; what another compiles is kept in the
// user's own cache folder, which no sandbox is ever given. (Node's own compile cache lies where others may write.)
'use strict'

const {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs')
const { dirname, isAbsolute, join } = require('node:path')
const vm = require('node:vm')

const bundle = join(__dirname, 'main.cjs')
const compiled = `main-${process.versions.v8}-${process.arch}.cache`
const shipped = join(__dirname, compiled)

// The build wraps it into a function and leaves only ASCII in it, so that nothing has to be decoded or put together here.
const source = readFileSync(bundle, 'latin1')
const script = new vm.Script(source, {
  filename: bundle,
  cachedData: existsSync(shipped) ? readFileSync(shipped) : keptCode(),
  importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
})
// Once these have done their work, most of what the others need has been compiled, too.
const isTelling = /^(plan|apply|run)$/.test(process.argv[2]) && !process.argv.some((word) => /^(-h|--help)$/.test(word))
if (script.cachedDataRejected !== false && isTelling) {
  process.once('exit', (exitCode) => {
    if (exitCode === 0) keepCode()
  })
}
script.runInThisContext()(exports, require, module, bundle, __dirname)

/**
 * Named by the bundle's content as well: V8 looks at its length alone. Undefined without a home: what is empty or relative
 * would be a folder of whatever project the call is made in, and code from there is not run here.
 */
function keptPlace() {
  const { XDG_CACHE_HOME: named = '', HOME: home = '' } = process.env
  if (!isAbsolute(named) && !isAbsolute(home)) return
  return join(isAbsolute(named) ? named : join(home, '.cache'), 'sbx/code', `BUNDLE_DIGEST-${compiled}`)
}

/** Undefined where there is none, or one of somebody else, as there can be under sudo. */
function keptCode() {
  const place = keptPlace()
  const stats = place === undefined ? undefined : statSync(place, { throwIfNoEntry: false })
  if (stats?.isFile() === true && stats.uid === process.getuid?.()) return readFileSync(place)
}

function keepCode() {
  const place = keptPlace()
  if (place === undefined) return
  const folder = dirname(place)
  const unfinished = `${place}.${process.pid}`
  const month = 30 * 24 * 60 * 60 * 1000
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    for (const old of readdirSync(folder).map((name) => join(folder, name))) {
      if (statSync(old).mtimeMs < Date.now() - month) rmSync(old, { force: true })
    }
    writeFileSync(unfinished, script.createCachedData(), { mode: 0o600, flag: 'wx' })
    renameSync(unfinished, place)
  } catch {
    // Where nothing can be written the next call takes longer; this one has done its work.
  }
}
