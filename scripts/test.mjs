// `npm test`: everything, from nothing. Static checks run beside what waits: for the network first, then for an engine in
// most tests. Fails where there is no engine to be had: a test that did not run has shown nothing. Arguments go to vitest.

import { fileURLToPath } from 'node:url'
import { buildAll, ensureInstalled } from './install.mjs'
import { Refusal, runHere, runQuietly, runScript, step } from './progress.mjs'
import { endEngine, prepareEngine } from './test-engine.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = (name) => fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url))

// Lint looks at a file again when that has changed, and not when what its types come from has; continuous integration looks
// at everything.
const isContinuousIntegration = process.env['CI'] === 'true'
const cached = ['--cache', '--cache-strategy', 'content', '--cache-location', 'node_modules/.cache/eslint/']

/** Each list one after the other, the lists beside each other: lint takes as long as the others together. */
const staticChecks = [
  // With more room for what is young it spends a fifth less of the processor's time, which the tests need as well.
  {
    lint: [
      process.execPath,
      [
        '--max-semi-space-size=128',
        bin('eslint'),
        '--max-warnings',
        '0',
        ...(isContinuousIntegration ? [] : cached),
        '.',
      ],
    ],
  },
  {
    typecheck: [bin('tsc'), ['-p', '.']],
    // What a file was when it was looked at, and not when. In a place of its own: every call of Prettier without a cache, as
    // in an editor's terminal, removes the one in the usual place, and to look at all files again takes twenty seconds.
    format: [
      bin('prettier'),
      [
        ...['--check', '--cache', '--cache-strategy', 'content'],
        ...['--cache-location', 'node_modules/.cache/prettier-of-tests', '--log-level', 'warn', '.'],
      ],
    ],
  },
]

await runScript(async () => {
  const [engine, built] = await Promise.allSettled([prepareEngine(), installAndBuild()])
  try {
    if (engine.status === 'rejected') throw engine.reason
    if (built.status === 'rejected') throw built.reason
    const env = { ...process.env, DOCKER_HOST: engine.value.host, SBX_TEST_IS_BUILT: '1' }
    const [checks, testsExit] = await Promise.all([
      checkSources(),
      runHere(bin('vitest'), ['run', ...process.argv.slice(2)], { cwd: root, env }),
    ])
    const failed = [...built.value, ...checks]
    // At the end, where the lines of many tests do not hide it.
    for (const { message } of failed) console.log(`\n${message}`)
    const names = [...failed.map(({ name }) => name), ...(testsExit === 0 ? [] : ['tests'])]
    console.log(names.length === 0 ? '\nAll checks and tests passed.' : `\nFailed: ${names.join(', ')}.`)
    return names.length === 0 ? 0 : 1
  } finally {
    if (engine.status === 'fulfilled') await endEngine(engine.value)
  }
})

/** @returns {Promise<{ name: string, message: string }[]>} what failed */
async function installAndBuild() {
  await ensureInstalled(root)
  // Before the build, which writes them anew.
  const failed = await check('generated documents', process.execPath, ['scripts/generate.mjs', '--check'])
  await buildAll(root)
  return failed
}

/** @returns {Promise<{ name: string, message: string }[]>} what failed */
async function checkSources() {
  const failed = await Promise.all(
    staticChecks.map(async (checks) => {
      const ofList = []
      for (const [name, [command, args]] of Object.entries(checks)) ofList.push(...(await check(name, command, args)))
      return ofList
    }),
  )
  return failed.flat()
}

/** One failure or none; the others go on. */
async function check(name, command, args) {
  try {
    await step(name, () => runQuietly(command, args, { cwd: root }))
    return []
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return [{ name, message: error.message }]
  }
}
