import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { mergedByKey, mergeLayers } from '../../src/config/merge.js'
import type { Config } from '../../src/model/config.js'

function merged(...configs: readonly Config[]): Config {
  return mergeLayers(configs.map((config) => ({ config, origins: {} }))).config
}

describe('merging', () => {
  test('what has names of its own merges entry by entry, and an entry is replaced whole', () => {
    expect(
      merged(
        { mounts: { '/a': { source: '/1', readonly: true, why: 'x' }, '/b': { source: '/2', readonly: true } } },
        { mounts: { '/a': { source: '/3', readonly: false } } },
      ).mounts,
    ).toEqual({ '/a': { source: '/3', readonly: false }, '/b': { source: '/2', readonly: true } })
    expect(merged({ resources: { cpus: 1, pids: 5 } }, { resources: { cpus: 2 } }).resources).toEqual({
      cpus: 2,
      pids: 5,
    })
  })

  test('lists and the author are replaced whole', () => {
    expect(merged({ setup: ['a', 'b'] }, { setup: ['c'] }).setup).toEqual(['c'])
    expect(merged({ agent: { args: ['a', 'b'] } }, { agent: { args: [] } }).agent).toEqual({ args: [] })
    expect(merged({ git: { name: 'a', email: 'b' } }, { git: 'host' }).git).toBe('host')
  })

  test('a variable is a secret or it is not', () => {
    expect(merged({ env: { K: 'v' } }, { secrets: { K: { env: 'K' } } })).toEqual({
      env: {},
      secrets: { K: { env: 'K' } },
    })
    expect(merged({ secrets: { K: { env: 'K' } } }, { env: { K: 'v' } })).toEqual({ env: { K: 'v' }, secrets: {} })
  })

  test('arguments are for the agent they were written for', () => {
    const lower: Config = { agent: { name: 'claude', args: ['--model'], autonomy: 'ask' } }
    expect(merged(lower, { agent: { name: 'shell' } }).agent).toEqual({ name: 'shell', autonomy: 'ask' })
    expect(merged(lower, { agent: { name: 'claude' } }).agent).toEqual(lower.agent)
    expect(merged({ agent: { args: ['x'] } }, { agent: { name: 'shell' } }).agent).toEqual({
      name: 'shell',
      args: ['x'],
    })
  })

  test('files of variables keep the order of the layers, a file said again being the later', () => {
    const file = { optional: false }
    expect(
      Object.keys(
        merged({ envFile: { '/a': file, '/b': file } }, { envFile: { '/c': file, '/a': file } }).envFile ?? {},
      ),
    ).toEqual(['/b', '/c', '/a'])
  })

  test('what is ignored and what a recreate keeps are laid over each apart', () => {
    const lower: Config = { lifecycle: { ignoreDrift: ['network'], onRecreate: 'keep' } }
    expect(merged(lower, { lifecycle: { ignoreDrift: ['ports'] } }).lifecycle).toEqual({
      ignoreDrift: ['ports'],
      onRecreate: 'keep',
    })
  })

  test('what one layer hides no other shows, and the rest of the workspace is laid over', () => {
    const lower: Config = {
      workspace: { readonly: true, hide: { '.env': true } },
      network: { allow: { 'a.b:443': true } },
    }
    const upper: Config = {
      workspace: { readonly: false, hide: { keys: true } },
      network: { allow: { 'c.d:443': true } },
    }
    expect(merged(lower, upper)).toEqual({
      workspace: { readonly: false, hide: { '.env': true, keys: true } },
      network: { allow: { 'c.d:443': true } },
    })
    expect(merged(lower, { workspace: { readonly: false } }).workspace?.hide).toEqual({ '.env': true })
  })

  test("own folders, networks and the agent's files are of all layers, and steps of the uppermost", () => {
    const lower: Config = {
      agent: { name: 'a', files: { '/home/agent/x': '/1', '/home/agent/y': '/2' } },
      workspace: { mode: 'clone', own: { a: true } },
      networks: { one: true },
      prepare: [{ run: 'a', when: [] }],
    }
    const upper: Config = {
      agent: { files: { '/home/agent/y': '/3' } },
      workspace: { own: { b: true } },
      networks: { two: true },
      prepare: [{ run: 'b', when: ['c'] }],
    }
    expect(merged(lower, upper)).toEqual({
      agent: { name: 'a', files: { '/home/agent/x': '/1', '/home/agent/y': '/3' } },
      workspace: { mode: 'clone', own: { a: true, b: true } },
      networks: { one: true, two: true },
      prepare: [{ run: 'b', when: ['c'] }],
    })
    expect(merged(lower, { workspace: { mode: 'bind' } }).workspace).toEqual({ mode: 'bind', own: { a: true } })
  })

  test('layers are left as they were', () => {
    const lower: Config = { secrets: { K: { env: 'K' } }, agent: { name: 'a', args: ['x'] } }
    const copy = structuredClone(lower)
    merged(lower, { env: { K: 'v' }, agent: { name: 'b' } })
    expect(lower).toEqual(copy)
  })

  test('the reference says by key of what merges by key', async () => {
    const schema = JSON.parse(await readFile(new URL('../../schema/sandbox.schema.json', import.meta.url), 'utf8')) as {
      readonly definitions: Readonly<Record<string, { readonly 'x-merge'?: string }>>
    }
    const said = Object.entries(schema.definitions).flatMap(([key, node]) =>
      node['x-merge']?.startsWith('by ') === true && key !== 'profiles' ? [key] : [],
    )
    expect(said.sort()).toEqual([...mergedByKey].sort())
  })
})
