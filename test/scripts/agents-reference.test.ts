// The table of agents is that of the templates as they are, and of a run of the versions that they pin.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { agentsReference, agentsTable, readAgents, referenceFile, withTable } from '../../scripts/agents-reference.mjs'
import { builtInAgents, builtInTemplate } from '../../src/template/built-in.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const text = (file: string): string => readFileSync(join(root, file), 'utf8')

test('every agent has been tried, in the version that its template pins, and passed', () => {
  const tried = Object.fromEntries(readAgents(root).map(({ agent, result }) => [agent, result]))
  const installed = builtInAgents().filter((agent) => builtInTemplate(agent).descriptor.package !== null)
  expect(Object.keys(tried)).toEqual(installed)
  for (const agent of installed) {
    expect(existsSync(join(root, `test/agents/${agent}.yaml`)), `test/agents/${agent}.yaml`).toBe(true)
    expect(tried[agent]).toMatchObject({ version: builtInTemplate(agent).descriptor.version, result: 'passes' })
  }
})

test('the table in the README and the reference are made from that', () => {
  const agents = readAgents(root)
  expect(withTable(text('README.md'), agentsTable(agents))).toBe(text('README.md'))
  expect(agentsReference(agents)).toBe(text(referenceFile))
})
