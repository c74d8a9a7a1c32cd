// The folders on this machine that own volumes of a sandbox lie on.

import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { coveredByOwn, makeOwnFolders } from '../../src/resolve/own.js'
import { complaints, machine } from './fixture.js'

function specOf(workspace: string, ...paths: readonly string[]) {
  return {
    workspace: { path: workspace, readonly: false },
    own: Object.fromEntries(paths.map((path) => [path, true as const])),
  }
}

test('what is missing of them is made, as whose the workspace is, and what is there stays', () => {
  const { workspace } = machine()
  mkdirSync(join(workspace, 'there'))
  writeFileSync(join(workspace, 'there/file'), '')
  makeOwnFolders(specOf(workspace, 'there', 'a/b/c'))
  makeOwnFolders(specOf(workspace, 'there', 'a/b/c'))
  expect(readdirSync(join(workspace, 'there'))).toEqual(['file'])
  const { uid } = statSync(workspace)
  for (const path of ['a', 'a/b', 'a/b/c']) expect(statSync(join(workspace, path))).toMatchObject({ uid })
})

test('nothing is made through a link, nor where a file is', async () => {
  const { workspace, root } = machine()
  symlinkSync(root, join(workspace, 'out'))
  writeFileSync(join(workspace, 'file'), '')
  const before = readdirSync(root)
  for (const [path, why] of Object.entries({
    'out/made': 'out is a link',
    file: 'file is a file',
    'file/made': 'file/made cannot be made (ENOTDIR)',
  })) {
    const found = await complaints((async () => makeOwnFolders(specOf(workspace, path)))())
    expect(found).toMatchObject([{ code: 'resolve/own-place', detail: expect.stringContaining(why) as unknown }])
  }
  expect(readdirSync(root)).toEqual(before)
})

test('those with something in them cover it, and nothing is made or covered where there is a clone', () => {
  const { workspace } = machine()
  mkdirSync(join(workspace, 'empty'))
  mkdirSync(join(workspace, 'full'))
  writeFileSync(join(workspace, 'full/file'), '')
  const spec = specOf(workspace, 'empty', 'full', 'none')
  expect(coveredByOwn(spec)).toEqual(['full'])
  const clone = { ...spec, workspace: { ...spec.workspace, mode: 'clone' as const } }
  expect(coveredByOwn(clone)).toEqual([])
  makeOwnFolders(clone)
  expect(readdirSync(workspace)).not.toContain('none')
})
