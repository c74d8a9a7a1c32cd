// How each agent is pointed at a stand-in for its model: a file by the agent's name in test/agents.

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import type { JsonObject } from '../../../src/model/json.js'
import type { AgentDescriptor } from '../../../src/model/template.js'
import { builtInAgents, builtInTemplate } from '../../../src/template/built-in.js'
import type { WireFormat } from '../../support/model/wire-format.js'

/** `{model}` in its texts is where the sandbox finds the stand-in, `http://address:port`. */
export type AgentFixture = {
  /** Whether it is part of `npm test`; the others are run by `npm run test:agents`. */
  readonly everyRun?: boolean
  /** Whether it is tried in a workspace of root's as well. */
  readonly asRoot?: boolean
  /** Whether it is tried in a limited network as well, by `npm run test:agents`. */
  readonly limited?: boolean
  /** Whether it is tried in a clone of the workspace as well, by `npm run test:agents`. */
  readonly clone?: boolean
  /** How it speaks to its model. */
  readonly format: WireFormat['name']
  /** Variable that holds its key. */
  readonly key?: string
  /** Arguments in front of its one-shot form, which must then begin with an option. */
  readonly args?: readonly string[]
  /** What sandbox.yaml says besides. */
  readonly sandbox?: JsonObject
  /** Files in the home, by their path in it. */
  readonly home?: Readonly<Record<string, string>>
  /** Commands that are run in the sandbox before the agent is. */
  readonly before?: readonly (readonly string[])[]
  /** Patterns of what it shows in a terminal; without them it is not tried in one. */
  readonly interactive?: {
    /** Where it waits for its first prompt. */
    readonly prompt: string
    /** What it says below an answer once it is done, where it hides before that it is still at work. */
    readonly over?: string
    /** Where it wants a second Ctrl-C to end. */
    readonly again?: string
    /** What it shows in a terminal of 120 columns and 40 rows, and in none that was made larger and not drawn anew. */
    readonly drawn: string
  }
}

export type TestedAgent = {
  readonly name: string
  readonly descriptor: AgentDescriptor
  readonly fixture: AgentFixture
}

function fixtureFile(agent: string): string {
  return fileURLToPath(new URL(`../${agent}.yaml`, import.meta.url))
}

export function readFixture(agent: string, model: string): AgentFixture {
  return parse(readFileSync(fixtureFile(agent), 'utf8').replaceAll('{model}', model)) as AgentFixture
}

/** Those of this run, `SBX_TEST_AGENTS`: `all`, or names with commas between; without it those of every run. */
export function testedAgents(wanted = process.env['SBX_TEST_AGENTS'] ?? ''): readonly TestedAgent[] {
  const isEveryRun = wanted === ''
  return builtInAgents()
    .filter((name) => existsSync(fixtureFile(name)))
    .map((name) => ({ name, descriptor: builtInTemplate(name).descriptor, fixture: readFixture(name, '') }))
    .filter(({ name, fixture }) =>
      isEveryRun ? fixture.everyRun === true : wanted === 'all' || wanted.split(',').includes(name),
    )
}
