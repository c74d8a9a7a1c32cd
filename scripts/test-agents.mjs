// `npm run test:agents`: every agent that comes with sbx, or those whose names are given, for real against a stand-in for
// its model. What the run showed goes into the table of agents. With --table nothing is run, the table made alone.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { callEngine } from './engine-api.mjs'
import { buildAll, ensureInstalled } from './install.mjs'
import { Refusal, runHere, runScript, step } from './progress.mjs'
import { endEngine, prepareEngine } from './test-engine.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const vitest = join(root, 'node_modules/.bin/vitest')
/** As the table says it. */
const limited = 'limited network'
const report = join(root, '.cache/agents.json')

await runScript(async () => {
  const names = process.argv.slice(2).filter((word) => !word.startsWith('-'))
  await ensureInstalled(root)
  const exitCode = process.argv.includes('--table') ? 0 : await runAgents(names)
  await step('the table of agents', writeTable)
  return exitCode
})

/** @param {string[]} names none: all of them */
async function runAgents(names) {
  for (const name of names) {
    if (!existsSync(join(root, `test/agents/${name}.yaml`))) throw new Refusal(`There is no test/agents/${name}.yaml.`)
  }
  const engine = await prepareEngine()
  try {
    await buildAll(root)
    mkdirSync(join(root, '.cache'), { recursive: true })
    const env = { ...process.env, DOCKER_HOST: engine.host, SBX_TEST_AGENTS: names.join(',') || 'all' }
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    // Not every agent is tried in every way.
    const some = names.length === 0 ? [] : ['--passWithNoTests']
    const run = ['run', '--project', 'e2e', 'test/agents', ...reporters, ...some]
    const exitCode = await runHere(vitest, run, { cwd: root, env })
    await keepResults(engine.host, names)
    return exitCode
  } finally {
    await endEngine(engine)
  }
}

/** Of agents that were not part of the run what is known of them stays, of those whose template is gone nothing. */
async function keepResults(host, names) {
  const { resultsFile } = await import('./agents-reference.mjs')
  const { parse } = await import('yaml')
  const file = join(root, resultsFile)
  const before = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  const tests = JSON.parse(readFileSync(report, 'utf8')).testResults.flatMap(({ assertionResults }) => assertionResults)
  const shared = await imageSize(host, 'tools')
  const results = {}
  for (const agent of readdirSync(join(root, 'templates')).sort()) {
    if (!existsSync(join(root, `test/agents/${agent}.yaml`))) continue
    if (names.length > 0 && !names.includes(agent)) {
      if (before[agent] !== undefined) results[agent] = before[agent]
      continue
    }
    const own = tests.filter(({ ancestorTitles }) => ancestorTitles[0]?.startsWith(`'${agent}',`))
    const passes = own.length > 0 && own.every(({ status }) => status === 'passed')
    const size = await imageSize(host, agent)
    results[agent] = {
      version: parse(readFileSync(join(root, `templates/${agent}/template.yaml`), 'utf8')).version,
      result: passes ? 'passes' : 'fails',
      tested: [
        'one prompt',
        ...(own.some(({ ancestorTitles }) => ancestorTitles.length > 1) ? ['terminal'] : []),
        ...(own.some(({ ancestorTitles }) => ancestorTitles[0]?.endsWith('in a limited network')) ? [limited] : []),
      ].join(', '),
      imageMegabytes: Math.round(size / 1e6),
      ownMegabytes: Math.round((size - shared) / 1e6),
    }
  }
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
}

/** In bytes, as the engine counts it; the tests have just built it. */
async function imageSize(host, name) {
  const { status, text } = await callEngine(host, 'GET', `/images/localhost/sbx-${name}:latest/json`)
  if (status !== 200) throw new Refusal(`The engine has no image of ${name}: ${text}`)
  return JSON.parse(text).Size
}

async function writeTable() {
  const { agentsReference, agentsTable, readAgents, referenceFile, withTable } = await import('./agents-reference.mjs')
  const agents = readAgents(root)
  const readme = join(root, 'README.md')
  writeFileSync(join(root, referenceFile), agentsReference(agents))
  writeFileSync(readme, withTable(readFileSync(readme, 'utf8'), agentsTable(agents)))
}
