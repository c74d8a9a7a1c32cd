// End-to-end tests drive the built command line, so it is built once before them, from what is on disk now.

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export default function buildCommandLine(): void {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  for (const script of ['scripts/generate.mjs', 'scripts/build.mjs']) {
    execFileSync(process.execPath, [script], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  }
}
