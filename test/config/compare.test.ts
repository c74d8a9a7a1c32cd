// Two versions of a file, setting by setting.

import { expect, test } from 'vitest'
import { compareVersions } from '../../src/config/compare.js'
import { loadVersion, type ConfigVersion } from '../../src/config/version.js'
import { sourceText } from '../../src/config/source-text.js'

async function version(text: string, bases: Readonly<Record<string, string>> = {}): Promise<ConfigVersion | null> {
  const files: Readonly<Record<string, string>> = { '/w/sandbox.yaml': text, ...bases }
  return loadVersion({
    file: '/w/sandbox.yaml',
    home: '/home/me',
    sbxVersion: '0.1.0',
    read: async (file) => {
      const found = files[file]
      return Promise.resolve(
        found === undefined ? (file.startsWith('/w/') ? null : 'elsewhere') : sourceText(file, found),
      )
    },
  })
}

async function told(from: string, to: string): Promise<string[]> {
  const changes = compareVersions(await version(from), await version(to))
  return changes.map(({ op, path, before, after }) => {
    const values = [before, after].map((value) => (value === undefined ? '' : JSON.stringify(value)))
    return `${op} ${path} ${values.join(' -> ')}`.trim()
  })
}

test('entries of a mapping are told one by one, also where it is all new', async () => {
  expect(await told('agent: a\nenv: { A: b, B: c }\n', 'agent: a\n')).toEqual([
    'remove /env/A "b" ->',
    'remove /env/B "c" ->',
  ])
  expect(await told('agent: a\n', 'agent: a\nworkspace: { hide: [x, y/z] }\n')).toEqual([
    'add /workspace/hide/x  -> true',
    'add /workspace/hide/y~1z  -> true',
  ])
})

test('entries within a mapping are told one by one, and steps as one list', async () => {
  expect(
    await told(
      'agent: a\nworkspace: { own: [a] }\n',
      'agent: { name: a, files: { ~/x: ./x } }\nworkspace: { mode: clone, own: [b] }\nnetworks: [n]\nssh: agent\n',
    ),
  ).toEqual([
    'add /agent/files/~1home~1agent~1x  -> "/w/x"',
    'add /networks/n  -> true',
    'add /ssh  -> "agent"',
    'add /workspace/mode  -> "clone"',
    'remove /workspace/own/a true ->',
    'add /workspace/own/b  -> true',
  ])
  expect(await told('agent: a\nprepare: [x]\n', 'agent: a\nprepare: [x, { run: y, when: z }]\n')).toEqual([
    'change /prepare [{"run":"x","when":[]}] -> [{"run":"x","when":[]},{"run":"y","when":["z"]}]',
  ])
})

test('what is one setting to a person is one change', async () => {
  expect(await told('agent: a\nsecrets: { K: { env: K } }\n', 'agent: a\nsecrets: { K: { file: ./k } }\n')).toEqual([
    'change /secrets/K {"env":"K"} -> {"file":"/w/k"}',
  ])
  expect(await told('agent: a\nports: ["80"]\n', 'agent: a\nports: ["0.0.0.0:8080:80"]\n')).toEqual([
    'change /ports/80~1tcp {"address":"127.0.0.1","hostPort":null} -> {"address":"0.0.0.0","hostPort":8080}',
  ])
  expect(await told('agent: a\nisolation: gvisor\n', 'agent: a\n')).toEqual([
    'remove /isolation {"runtime":"runsc"} ->',
  ])
})

test('a member that names itself like a part of every object is a member', async () => {
  expect(await told('agent: a\nenv: { constructor: b }\n', 'agent: a\nenv: { toString: b }\n')).toEqual([
    'remove /env/constructor "b" ->',
    'add /env/toString  -> "b"',
  ])
  expect(await told('agent: a\nprofiles: { constructor: {} }\n', 'agent: a\nprofiles: { valueOf: {} }\n')).toEqual([
    'remove /profiles/constructor {} ->',
    'add /profiles/valueOf  -> {}',
  ])
})

test('a base that is not read is remembered with its line, and one that is missing is an error', async () => {
  const found = await version('agent: a\nextends: [./b.yaml, ../c.yaml]\n', {
    '/w/b.yaml': 'extends: git+https://h/r.git//d.yaml\n',
  })
  expect(found?.unread.map(({ reference, at }) => [reference, at.file, at.line])).toEqual([
    ['git+https://h/r.git//d.yaml', '/w/b.yaml', 1],
    ['/c.yaml', '/w/sandbox.yaml', 2],
  ])
  await expect(version('agent: a\nextends: missing.yaml\n')).rejects.toThrow('config/no-base')
})
