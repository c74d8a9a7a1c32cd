// The quickstart edits the example's file by its text, so the text must be there and the edit must mean what it says.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { edited, helloAgent } from '../../scripts/hello.mjs'
import { loadConfig } from '../../src/config/load.js'
import type { Config } from '../../src/model/config.js'

const example = fileURLToPath(new URL('../../examples/hello/sandbox.yaml', import.meta.url))

async function load(text: string, profile: string | undefined): Promise<Config> {
  const folder = await mkdtemp(join(tmpdir(), 'sbx-hello-'))
  try {
    await writeFile(join(folder, 'sandbox.yaml'), text)
    const { config } = await loadConfig({
      workingFolder: folder,
      home: folder,
      configFolder: join(folder, 'none'),
      uid: process.getuid?.() ?? 0,
      sbxVersion: '0.1.0',
      ...(profile === undefined ? {} : { profile }),
    })
    return config
  } finally {
    await rm(folder, { recursive: true })
  }
}

it.each([
  ['shell', {}],
  ['claude', { ANTHROPIC_API_KEY: 'made-up' }],
])('with %s the edit changes a variable and the memory, and nothing else', async (name, env) => {
  const agent = helloAgent(env)
  const committed = await readFile(example, 'utf8')
  const before = await load(committed, agent.profile[1])
  const after = await load(edited(committed, agent), agent.profile[1])

  expect(before.agent?.name).toBe(name)
  expect(after.env?.['GREETING']).toBe('good morning')
  expect(after.resources?.memory).toBeGreaterThan(before.resources?.memory ?? Infinity)
  expect({ ...after, env: before.env, resources: before.resources }).toEqual(before)
})
