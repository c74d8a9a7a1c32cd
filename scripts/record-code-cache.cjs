// Loaded before dist/sbx.cjs by the build: writes down the code that V8 compiled while one call ran.
'use strict'

const { writeFileSync } = require('node:fs')
const vm = require('node:vm')

let bundle
vm.Script = class extends vm.Script {
  constructor(source, options) {
    super(source, options)
    bundle ??= this
  }
}
process.on('exit', () => writeFileSync(process.env.CODE_CACHE, bundle.createCachedData()))
