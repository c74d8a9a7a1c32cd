#!/usr/bin/env node
// Becomes dist/sbx.cjs: runs the bundle beside it, from compiled code where the build has left some for this very Node.
// That saves a quarter of the time of a plan. Node's own compile cache lies where others may write, and takes whatever
// code is there; this one comes with the package, and V8 refuses one that is not of its version.
'use strict'

const { existsSync, readFileSync } = require('node:fs')
const { join } = require('node:path')
const vm = require('node:vm')

const bundle = join(__dirname, 'main.cjs')
const compiled = join(__dirname, `main-${process.versions.v8}-${process.arch}.cache`)

// The build wraps it into a function and leaves only ASCII in it, so that nothing has to be decoded or put together here.
const source = readFileSync(bundle, 'latin1')
const script = new vm.Script(source, {
  filename: bundle,
  cachedData: existsSync(compiled) ? readFileSync(compiled) : undefined,
  importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
})
script.runInThisContext()(exports, require, module, bundle, __dirname)
