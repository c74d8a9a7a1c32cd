// `npm test`: everything, from nothing. Static checks run beside what waits for the network. Fails where there is no
// engine to be had: a test that did not run has shown nothing. Arguments go to vitest.

import { fileURLToPath } from 'node:url'
import { buildAll, ensureInstalled } from './install.mjs'
import { Refusal, runHere, runQuietly, runScript, step } from './progress.mjs'
import { endEngine, prepareEngine } from './test-engine.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = (name) => fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url))

/** Each list one after the other, the lists beside each other: lint takes as long as the others together. */
const staticChecks = [
  { lint: [bin('eslint'), ['--max-warnings', '0', '.']] },
  {
    typecheck: [bin('tsc'), ['-p', '.']],
    // What a file was when it was looked at, and not when.
    format: [bin('prettier'), ['--check', '--cache', '--cache-strategy', 'content', '--log-level', 'warn', '.']],
  },
]

await runScript(async () => {
  const [engine, checks] = await Promise.allSettled([prepareEngine(), installAndCheck()])
  try {
    if (engine.status === 'rejected') throw engine.reason
    if (checks.status === 'rejected') throw checks.reason
    const env = { ...process.env, DOCKER_HOST: engine.value.host, SBX_TEST_IS_BUILT: '1' }
    const testsExit = await runHere(bin('vitest'), ['run', ...process.argv.slice(2)], { cwd: root, env })
    const failed = [...checks.value, ...(testsExit === 0 ? [] : ['tests'])]
    console.log(failed.length === 0 ? '\nAll checks and tests passed.' : `\nFailed: ${failed.join(', ')}.`)
    return failed.length === 0 ? 0 : 1
  } finally {
    if (engine.status === 'fulfilled') await endEngine(engine.value)
  }
})

/** @returns {Promise<string[]>} names of the checks that failed */
async function installAndCheck() {
  await ensureInstalled(root)
  const failed = []
  // Before the build, which writes them anew.
  if (!(await check('generated documents', process.execPath, ['scripts/generate.mjs', '--check'])))
    failed.push('generated documents')
  await buildAll(root)
  await Promise.all(
    staticChecks.map(async (checks) => {
      for (const [name, [command, args]] of Object.entries(checks)) {
        if (!(await check(name, command, args))) failed.push(name)
      }
    }),
  )
  return failed
}

/** Shows what it has to say when it fails; the others go on. */
async function check(name, command, args) {
  try {
    await step(name, () => runQuietly(command, args, { cwd: root }))
    return true
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    console.log(`\n${error.message}\n`)
    return false
  }
}
