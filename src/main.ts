// Argv, streams and environment in; exit code out. The only place that ends the process.

import { runCommandLine } from './cli/program.js'

void runCommandLine(process.argv.slice(2), {
  env: process.env,
  workingFolder: process.cwd(),
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
}).then((exitCode) => {
  // A pipe that nobody reads any more must not turn a finished command into a hang.
  process.exitCode = exitCode
  process.stdout.write('', () => {
    process.exit(exitCode)
  })
})
