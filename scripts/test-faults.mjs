// `npm run test:faults`: what must hold whatever goes wrong, tried at every engine call. Takes an hour or so. Counts go into
// test/faults/results.json, the same in each run. Arguments go to vitest; with any, only a part is tried and nothing
// is written.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildAll, ensureInstalled } from './install.mjs'
import { runHere, runScript } from './progress.mjs'
import { endEngine, prepareEngine } from './test-engine.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const vitest = join(root, 'node_modules/.bin/vitest')
const chosen = process.argv.slice(2)

await runScript(async () => {
  const engine = await prepareEngine()
  const results = mkdtempSync(join(tmpdir(), 'sbx-faults-'))
  try {
    await ensureInstalled(root)
    await buildAll(root)
    const env = { ...process.env, DOCKER_HOST: engine.host, SBX_FAULTS: '1', SBX_FAULTS_RESULTS: results }
    const exitCode = await runHere(vitest, ['run', '--project', 'faults', ...chosen], { cwd: root, env })
    const found = readdirSync(results).map((name) => JSON.parse(readFileSync(join(results, name), 'utf8')))
    const groups = groupsOf(found)
    for (const [group, entries] of Object.entries(groups)) {
      for (const [name, entry] of Object.entries(entries)) console.log(lineOf(group, name, entry))
    }
    for (const line of totalsOf(groups)) console.log(line)
    const isWhole = exitCode === 0 && chosen.length === 0
    if (isWhole) writeFileSync(join(root, 'test/faults/results.json'), `${JSON.stringify(groups, null, 2)}\n`)
    return exitCode
  } finally {
    rmSync(results, { recursive: true })
    await endEngine(engine)
  }
})

/** By group and name, in the order of their names. */
function groupsOf(found) {
  const groups = {}
  const key = ({ group, name }) => `${group} ${name}`
  for (const { group, name, ...entry } of found.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))) {
    groups[group] = { ...groups[group], [name]: entry }
  }
  return groups
}

/** `calls: 1000 faults in all`, of each group that counts them. */
function totalsOf(groups) {
  return Object.entries(groups).flatMap(([group, entries]) => {
    const counted = Object.values(entries).filter(({ faults }) => faults !== undefined)
    const sum = counted.reduce((total, { faults }) => total + faults, 0)
    return counted.length === 0 ? [] : [`${group}: ${sum} faults in all`]
  })
}

/** `118 faults in 18 calls of create`, or what else there is to say. */
function lineOf(group, name, { calls, faults, caught, ...rest }) {
  if (group === 'breaks') return `broken: ${name}\n        ${caught}`
  if (faults !== undefined) return `${group}: ${faults} faults in ${calls} calls of ${name}`
  return `${group}: ${name}: ${JSON.stringify(calls === undefined ? rest : { calls, ...rest })}`
}
