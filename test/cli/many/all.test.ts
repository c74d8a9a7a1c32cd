// What `--all` and saved plans refuse before anything is asked of an engine, and what is one to it.

import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { declareAll } from '../../../src/cli/many/all.js'
import { callIn } from '../support/call-in.js'
import type { Invocation } from '../../../src/cli/call/invocation.js'
import { refuseForApply } from '../../../src/cli/planning/plan.js'
import { sandboxId } from '../../../src/model/names.js'
import { readHost } from '../../../src/resolve/host.js'

let root: string

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'sbx-all-')))
})
afterEach(async () => {
  await rm(root, { recursive: true })
})

function call(options: Partial<Invocation['options']> = {}): Invocation {
  return callIn(root, options)
}

test('--all finds its files itself', async () => {
  const invocation = call({ config: 'sandbox.yaml' })
  await expect(declareAll(invocation, await readHost(invocation.env), [], {})).rejects.toMatchObject({
    kind: 'usage',
    diagnostics: [{ code: 'cli/all-and-config' }],
  })
})

test('a folder that is named twice, once by a link to it, is one', async () => {
  const text = 'agent: claude\ntemplate: acme/agent:1\nname: web\n'
  for (const folder of ['a', 'c']) await mkdir(join(root, folder))
  await writeFile(join(root, 'a/sandbox.yaml'), text)
  await symlink('a', join(root, 'b'))
  await writeFile(join(root, 'c/sandbox.yaml'), text)
  const invocation = call()
  const { declared, failed } = await declareAll(
    invocation,
    await readHost(invocation.env),
    ['a', 'b', 'c'].map((folder) => join(root, folder)),
    {},
  )
  expect(declared.map(({ file }) => file)).toEqual([join(root, 'a/sandbox.yaml'), join(root, 'c/sandbox.yaml')])
  expect(failed).toEqual([])
})

test('two folders that come to one id, of which there are sixteen million, are both refused', async () => {
  const invocation = call()
  const host = await readHost(invocation.env)
  const byId = new Map<string, string>()
  let pair: readonly string[] = []
  for (let at = 0; pair.length === 0; at += 1) {
    const workspace = join(root, `web${String(at)}`)
    const id = sandboxId({ machineId: host.machineId, name: 'web', workspace, agent: 'claude', profile: null })
    const other = byId.get(id)
    if (other !== undefined) pair = [other, workspace].sort()
    byId.set(id, workspace)
  }
  for (const folder of [...pair, join(root, 'other')]) {
    await mkdir(folder)
    await writeFile(join(folder, 'sandbox.yaml'), 'agent: claude\ntemplate: acme/agent:1\nname: web\n')
  }
  const { declared, failed } = await declareAll(invocation, host, [], {})
  expect(declared.map(({ file }) => file)).toEqual([join(root, 'other/sandbox.yaml')])
  expect(failed.map(({ file }) => file).sort()).toEqual(pair.map((folder) => join(folder, 'sandbox.yaml')))
  for (const { error } of failed) expect(error.diagnostics).toMatchObject([{ code: 'cli/declared-twice' }])
})

test('what applying may do is said to the plan that is saved, or to apply', () => {
  const refusal = (flags: Parameters<typeof refuseForApply>[0]): unknown => {
    try {
      refuseForApply(flags)
      return null
    } catch (error) {
      return error
    }
  }
  expect(refusal({ force: true, wait: true })).toMatchObject({
    kind: 'usage',
    diagnostics: [{ code: 'plan/only-saved', detail: expect.stringContaining('--force and --wait') }],
  })
  expect(refusal({ upgrade: true })).toBeNull()
})
