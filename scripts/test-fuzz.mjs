// `npm run test:fuzz`: 20,000 mutated files and flag sets, 5,000 mutated answers of an engine; among the other tests it is a
// fortieth. Takes some minutes, and needs no engine. Another seed each time, which is printed; `npm run test:fuzz -- SEED`
// takes that one again.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildAll, ensureInstalled } from './install.mjs'
import { Refusal, runHere, runScript } from './progress.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const [said = String(Math.floor(Math.random() * 2 ** 31))] = process.argv.slice(2)

await runScript(async () => {
  if (!/^\d+$/.test(said)) throw new Refusal(`A seed is a number, and ${JSON.stringify(said)} is none.`)
  console.log(`seed ${said}`)
  const folder = mkdtempSync(join(tmpdir(), 'sbx-fuzz-counts-'))
  const counts = join(folder, 'counts')
  try {
    await ensureInstalled(root)
    await buildAll(root)
    const env = { ...process.env, SBX_FUZZ: counts, SBX_FUZZ_SEED: said }
    const command = [join(root, 'node_modules/.bin/vitest'), ['run', '--project', 'unit', 'test/fuzz']]
    const exitCode = await runHere(...command, { cwd: root, env })
    if (exitCode === 0) console.log(readFileSync(counts, 'utf8').trimEnd())
    return exitCode
  } finally {
    rmSync(folder, { recursive: true })
  }
})
