// Argv, streams and environment in; exit code out. The only place that ends the process.

import { heeded, lostCode, outputCode } from './cli/call/ending.js'
import type { Streams } from './cli/call/invocation.js'
import { runCommandLine } from './cli/program.js'
import { workingFolder } from './cli/call/working-folder.js'

// Node opens each stream when it is first asked for, which takes some milliseconds; few commands read their input.
const streams: Streams = {
  env: process.env,
  get workingFolder() {
    return workingFolder()
  },
  get input() {
    return heeded(process.stdin)
  },
  get output() {
    return heeded(process.stdout)
  },
  get errors() {
    return heeded(process.stderr)
  },
}

process.exitCode = lostCode

void runCommandLine(process.argv.slice(2), streams).then((exitCode) => {
  // A pipe that nobody reads any more must not turn a finished command into a hang.
  process.exitCode = exitCode
  process.stdout.write('', () => {
    process.exit(exitCode === 0 ? outputCode(process.stdout, process.stderr) : exitCode)
  })
})
