// Of all plans that a user ever sealed, only the one that was saved last is a yes.

import {
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readDeclared } from '../../../src/cli/declared/declared.js'
import type { CommonOptions, Invocation } from '../../../src/cli/call/invocation.js'
import { forgetLast, notLast, type PlacedPlan } from '../../../src/cli/planning/last-plans.js'
import { planDeclared } from '../../../src/cli/planning/planning.js'
import { planShow } from '../../../src/cli/planning/plan-show.js'
import { savePlan } from '../../../src/cli/planning/save-plan.js'
import { decodeSavedPlan } from '../../../src/cli/planning/saved-plan.js'
import { FakeEngine } from '../../support/fake-engine.js'

const reference = 'acme/agent:1'
const base = `agent: claude\ntemplate: ${reference}\nname: web\nprofiles: { other: { resources: { pids: 9 } } }\n`

let root: string
let state: string
let engine: FakeEngine

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'sbx-last-plans-')))
  state = join(root, 'state/sbx')
  engine = new FakeEngine()
  engine.world.registry.set(reference, 'sha256:one')
})
afterEach(async () => {
  await rm(root, { recursive: true })
})

function at(name: string): string {
  return join(root, 'web', name)
}

function call(options: Partial<CommonOptions> = {}): Invocation & { readonly output: PassThrough } {
  return {
    options: { color: false, ...options },
    signal: new AbortController().signal,
    env: { XDG_CONFIG_HOME: join(root, 'config'), XDG_STATE_HOME: join(root, 'state'), PATH: process.env['PATH'] },
    workingFolder: join(root, 'web'),
    ...{ input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() },
  }
}

async function save(file: string, text = base, options: Partial<CommonOptions> = {}): Promise<void> {
  const invocation = call(options)
  await mkdir(join(root, 'web'), { recursive: true })
  await writeFile(at('sandbox.yaml'), text)
  const planned = await planDeclared(await readDeclared(invocation), engine, { tell: () => undefined })
  await savePlan(invocation, planned, engine, {}, { file, next: 'sbx apply' })
}

async function placed(file: string): Promise<PlacedPlan> {
  return { saved: (await decodeSavedPlan(await readFile(at(file), 'utf8'), file)).saved, path: at(file) }
}

async function doubt(file: string): Promise<string | null> {
  return notLast(state, await placed(file))
}

describe('a sealed plan', () => {
  test('is a yes until it was applied, wherever it was moved to', async () => {
    await save('p.json')
    expect(await doubt('p.json')).toBeNull()
    await rename(at('p.json'), at('moved.json'))
    expect(await doubt('moved.json')).toBeNull()
    await forgetLast(state, await placed('moved.json'))
    expect(await doubt('moved.json')).toContain('was applied already')
  })

  test('that was turned down is none when it is put back in the place of the next', async () => {
    await save('p.json', base.replace('name: web', 'name: other'))
    await copyFile(at('p.json'), at('copy.json'))
    await save('p.json')
    expect(await doubt('p.json')).toBeNull()
    expect(await doubt('copy.json')).toContain(`is not the last plan that you saved of ${at('sandbox.yaml')}`)
    await copyFile(at('copy.json'), at('p.json'))
    expect(await doubt('p.json')).toContain('is not the plan that you saved there last')
  })

  test('is none under the name of one of another profile, but both are under their own', async () => {
    await save('p.json')
    await save('other.json', base, { profile: 'other' })
    expect([await doubt('p.json'), await doubt('other.json')]).toEqual([null, null])
    await copyFile(at('p.json'), at('other.json'))
    expect(await doubt('other.json')).toContain('is not the plan that you saved there last')
  })

  test('is one only to be asked about when the memory is gone', async () => {
    await save('p.json')
    await rm(state, { recursive: true })
    expect(await doubt('p.json')).toContain('no longer knows that you saved it')
  })

  test('that is applied takes nothing from a later one', async () => {
    await save('p.json')
    const first = await placed('p.json')
    await save('p.json', `${base}network: none\n`)
    await forgetLast(state, first)
    expect(await doubt('p.json')).toBeNull()
  })
})

describe('the memory', () => {
  test('is the user’s alone, and is empty when all was applied', async () => {
    await save('p.json')
    const folder = join(state, 'saved-plans')
    for (const name of await readdir(folder)) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    await forgetLast(state, await placed('p.json'))
    expect(await readdir(folder)).toEqual([])
  })

  test('does not grow without end, and forgets what is oldest', async () => {
    await save('p.json')
    const folder = join(state, 'saved-plans')
    const old = new Date('2020-01-01')
    for (const name of await readdir(folder)) await utimes(join(folder, name), old, old)
    const others = Array.from({ length: 400 }, (_, at) => join(folder, `other${String(at)}`))
    await Promise.all(others.map((file) => writeFile(file, '')))
    await save('next.json', base, { profile: 'other' })
    expect(await readdir(folder)).toHaveLength(400)
    expect(await doubt('next.json')).toBeNull()
    expect(await doubt('p.json')).toContain('no longer knows that you saved it')
  })

  test('that cannot be kept is one error', async () => {
    await writeFile(join(root, 'state'), 'in the way')
    await expect(save('p.json')).rejects.toMatchObject({ diagnostics: [{ code: 'plan/unwritable' }] })
  })
})

describe('plan show', () => {
  async function shown(options: Partial<CommonOptions>): Promise<{ readonly output: string; readonly errors: string }> {
    const invocation = call(options)
    await planShow(invocation, 'p.json')
    const read = (stream: NodeJS.ReadableStream): string => String(stream.read() ?? '')
    return { output: read(invocation.output), errors: read(invocation.errors as PassThrough) }
  }

  test('says first of all, also when it is to be quiet, that a plan is not sealed by its user', async () => {
    await save('p.json')
    expect((await shown({ quiet: true })).output).not.toContain('applying it asks')
    await rm(join(root, 'config/sbx/digest-key'))
    expect((await shown({ quiet: true })).output).toMatch(/^p\.json is not sealed by you: applying it asks\.\n/)
    const { output, errors } = await shown({ quiet: true, json: true })
    expect(JSON.parse(output)).toMatchObject({ summary: { create: 1 } })
    expect(errors).toBe('p.json is not sealed by you: applying it asks.\n')
  })

  test('says that a plan is not the last', async () => {
    await save('p.json')
    await rm(state, { recursive: true })
    expect((await shown({ quiet: true })).output).toMatch(/^p\.json was applied already, or .*: applying it asks\.\n/)
  })
})
