// The files that sessions begin with, by the script that puts them into a home: run here, in a folder of the test's own.

import { spawnSync } from 'node:child_process'
import { chmodSync, lstatSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import type { Engine } from '../../src/model/engine.js'
import { putSessionFiles, type SessionFile } from '../../src/template/agent-files.js'
import { silent } from '../support/silent-engine.js'
import { codesOf, folder } from './fixture.js'

/** A home of this machine, in which the script runs as it does in a sandbox. */
function home() {
  const root = folder({})
  const at = (path: string): string => join(root, path)
  const state = at('.local/state/sbx')
  let calls = 0
  const engine: Pick<Engine, 'pipe' | 'readArchive'> = {
    async pipe(_, { argv, user }, { input, output }) {
      calls += 1
      expect(user).toBe('agent')
      const [shell = '', ...rest] = argv.map((each) => (each === '/home/agent/.local/state/sbx' ? state : each))
      const ran = spawnSync(shell, rest, { input: input === undefined ? '' : await buffer(input), encoding: 'utf8' })
      output.end()
      return { exitCode: ran.status ?? 1, stderr: ran.stderr }
    },
    async *readArchive() {
      if (readdirSync(root).length === 0 || !readdirSync(state).includes('files')) return
      yield {
        ...{ path: '', kind: 'file', mode: 0o644, uid: 0, gid: 0, size: 0, modifiedAt: 0, target: null },
        content: Object.assign((async function* () {})(), { resume: () => undefined }),
      } as never
    },
  }
  const put = async (...files: readonly (readonly [string, string, 'run'?])[]): Promise<void> =>
    putSessionFiles(
      { engine, containerId: 'c' },
      files.map(([path, text, run]): SessionFile => ({
        path: at(path),
        isExecutable: run === 'run',
        content: Buffer.from(text),
      })),
    )
  return { at, put, calls: () => calls, read: (path: string) => readFileSync(at(path), 'utf8'), state }
}

const modeOf = (path: string): number => lstatSync(path).mode & 0o777

test('are copies that are not writable, in folders that are made for them', async () => {
  const { at, put, read } = home()
  await put(['.claude/skills/a b/SKILL.md', 'ä\n'], ['.claude/tool', '#!/bin/sh\n', 'run'], ['.claude/empty', ''])
  expect(read('.claude/skills/a b/SKILL.md')).toBe('ä\n')
  expect(read('.claude/empty')).toBe('')
  expect([modeOf(at('.claude/skills/a b/SKILL.md')), modeOf(at('.claude/tool'))]).toEqual([0o444, 0o555])
  expect(modeOf(at('.claude/skills'))).toBe(0o755)
})

test('are as they were again, whatever the agent has made of its copies', async () => {
  const { at, put, read, state } = home()
  await put(['.claude/one', '1'], ['.claude/two', '2'])
  chmodSync(at('.claude/one'), 0o644)
  writeFileSync(at('.claude/one'), 'changed')
  writeFileSync(at('.claude/own'), 'mine')
  await put(['.claude/one', '1'], ['.claude/two', '3'])
  expect([read('.claude/one'), read('.claude/two'), read('.claude/own')]).toEqual(['1', '3', 'mine'])
  expect(readdirSync(state)).toEqual(['files'])
})

test('that are none of them any more are removed, with folders that have nothing else', async () => {
  const { at, put, calls } = home()
  await put(['.claude/a/one', '1'], ['.claude/two', '2'], ['.claude/b/three', '3'])
  writeFileSync(at('.claude/b/own'), '')
  await put(['.claude/two', '2'])
  expect(readdirSync(at('.claude')).sort()).toEqual(['b', 'two'])
  expect(readdirSync(at('.claude/b'))).toEqual(['own'])
  await put()
  expect(readdirSync(at('.claude'))).toEqual(['b'])
  await put()
  expect(calls()).toBe(3)
})

test('where there are none and never were, nothing is run', async () => {
  const { put, calls } = home()
  await put()
  expect(calls()).toBe(0)
})

test('take the place of a link and go not where it leads', async () => {
  const { at, put, read } = home()
  writeFileSync(at('kept'), 'kept')
  mkdirSync(at('elsewhere'))
  symlinkSync(at('kept'), at('file'))
  symlinkSync(at('elsewhere'), at('folder'))
  await put(['file', 'new'], ['folder', 'new'])
  expect([read('file'), read('folder'), read('kept')]).toEqual(['new', 'new', 'kept'])
  expect(readdirSync(at('elsewhere'))).toEqual([])
})

test('in the place of a folder there can be none, and that is said', async () => {
  const { at, put, state } = home()
  mkdirSync(at('folder'))
  expect(await codesOf(async () => put(['folder', 'x']))).toEqual(['template/files-failed'])
  expect(readdirSync(state)).toEqual([])
})

test('that are not done after a while are told', async () => {
  const put = putSessionFiles({ engine: { ...silent, async *readArchive() {} }, containerId: 'c', limit: 20 }, [
    { path: '/home/agent/x', isExecutable: false, content: Buffer.from('') },
  ])
  await expect(put).rejects.toMatchObject({
    diagnostics: [{ code: 'template/files-failed', detail: expect.stringContaining('not done after') as string }],
  })
})

test('where they are none, no more is read in the place of their list than that something is there', async () => {
  const asked: string[] = []
  const engine: Pick<Engine, 'pipe' | 'readArchive'> = {
    async pipe(_, { argv }, { output }) {
      asked.push(argv[0] ?? '')
      output.end()
      return { exitCode: 0, stderr: '' }
    },
    async *readArchive() {
      yield { path: '', kind: 'folder', size: 0, content: { resume: () => undefined } } as never
      asked.push('more')
    },
  }
  await putSessionFiles({ engine, containerId: 'c' }, [])
  expect(asked).toEqual(['/bin/sh'])
})
