// What the examples resolve to is pinned: a spec is hashed and labelled, so a change of it that nobody asked for would
// recreate everybody's sandbox after an upgrade of sbx.

import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { declare } from '../src/cli/declared/declared.js'
import { CallPins } from '../src/cli/declared/pins.js'
import { loadConfig } from '../src/config/load.js'
import { readHost } from '../src/resolve/host.js'
import { temporaryFolder } from './support/temporary-folder.js'

const examples = fileURLToPath(new URL('../examples/', import.meta.url))
const home = temporaryFolder('examples')
// What examples mount.
for (const folder of ['datasets', 'models']) mkdirSync(join(home, folder))

const profiles: Readonly<Record<string, readonly string[]>> = {
  hello: ['claude'],
  monorepo: ['catalog', 'checkout', 'review'],
  review: ['claude'],
  team: ['review'],
}

async function specsOf(example: string, profile: string | null): Promise<string> {
  const sources = { platform: 'linux', home, hostName: 'pinned', uid: process.getuid?.() ?? 0, gid: 0 } as const
  const host = await readHost({ HOME: home, PATH: process.env['PATH'], GIT_CONFIG_NOSYSTEM: '1' }, sources)
  const workingFolder = join(examples, example)
  const pins = new CallPins(host, { workingFolder, signal: new AbortController().signal, tell: () => undefined })
  const loaded = await loadConfig({
    workingFolder,
    home,
    configFolder: host.configFolder,
    uid: host.uid,
    sbxVersion: '0.1.0',
    ...(profile === null ? {} : { profile }),
  })
  const { desired } = await declare(loaded, host, pins)
  const { containerSpec, recordSpec } = desired
  return `${JSON.stringify({ containerSpec, recordSpec }, null, 2)}\n`
    .replaceAll(desired.workspace, '<workspace>')
    .replaceAll(home, '<home>')
    .replaceAll(desired.id, '<id>')
    .replaceAll(recordSpec.digestKey === '' ? '<none>' : recordSpec.digestKey, '<key>')
    .replaceAll(/"digest": "[0-9a-f]+"/g, '"digest": "<digest>"')
}

describe('the specs of examples', () => {
  const situations = readdirSync(examples).flatMap((example) =>
    [null, ...(profiles[example] ?? [])].map((profile) => [example, profile] as const),
  )
  test.each(situations)('%s with profile %s must resolve to what they always did', async (example, profile) => {
    const golden = `golden/examples/${profile === null ? example : `${example}-${profile}`}.json`
    await expect(await specsOf(example, profile)).toMatchFileSnapshot(golden)
  })
})
