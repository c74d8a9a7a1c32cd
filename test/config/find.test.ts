import { chmod, rename, symlink } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { findProjectFiles } from '../../src/config/find.js'
import { project } from './project.js'

const text = 'agent: shell\n'

test('every file below the folders is found once, in the order of the folders', async () => {
  const { folder } = await project({
    'work/b/sandbox.yaml': text,
    'work/a/services/api/sandbox.yaml': text,
    'work/a/sandbox.yaml': text,
    'work/a-2/sandbox.yaml': text,
    'work/c/other.yaml': text,
  })
  const { files } = await findProjectFiles([folder, join(folder, 'a')])
  expect(files.map((file) => relative(folder, file))).toEqual([
    'a/sandbox.yaml',
    'a/services/api/sandbox.yaml',
    'a-2/sandbox.yaml',
    'b/sandbox.yaml',
  ])
})

test('not what is hidden, was installed, or is behind a link; but a folder that is named is looked into', async () => {
  const { folder, home } = await project({
    'work/.git/sandbox.yaml': text,
    'work/.cache/x/sandbox.yaml': text,
    'work/node_modules/x/sandbox.yaml': text,
    'work/vendor/x/sandbox.yaml': text,
    'elsewhere/sandbox.yaml': text,
  })
  await symlink(join(home, 'elsewhere'), join(folder, 'link'))
  await symlink(folder, join(folder, 'circle'))
  expect((await findProjectFiles([folder])).files).toEqual([])
  expect((await findProjectFiles([join(folder, '.cache/x')])).files).toEqual([join(folder, '.cache/x/sandbox.yaml')])
  expect((await findProjectFiles([join(folder, 'link')])).files).toEqual([join(home, 'elsewhere/sandbox.yaml')])
})

test('a file of nearly the right name, and a folder that may not be read, are told apart', async () => {
  const { folder } = await project({
    'work/a/sandbox.yml': text,
    'work/b/sandbox.yml': text,
    'work/b/sandbox.yaml': text,
  })
  expect(await findProjectFiles([folder])).toEqual({
    files: [join(folder, 'b/sandbox.yaml')],
    misnamed: [join(folder, 'a/sandbox.yml')],
    closed: [],
    crowded: [],
  })
  if (process.getuid?.() === 0) return
  await chmod(join(folder, 'a'), 0)
  expect((await findProjectFiles([folder])).closed).toEqual([join(folder, 'a')])
  await chmod(join(folder, 'a'), 0o755)
})

test('eight folders deep, and no deeper', async () => {
  const { folder } = await project({ 'work/1/2/3/4/5/6/7/8/sandbox.yaml': text })
  expect((await findProjectFiles([folder])).files).toHaveLength(1)
  await rename(join(folder, '1'), join(folder, '0'))
  expect((await findProjectFiles([join(folder, '..')])).files).toEqual([])
})

test('too many folders in one are its own trouble, and in all of them that of the call', async () => {
  const { folder } = await project({
    'work/a/sandbox.yaml': text,
    'work/a/1/2/3/sandbox.yaml': text,
    'work/b/1/sandbox.yaml': text,
  })
  const { files, crowded } = await findProjectFiles([folder], { inAll: 6, belowOne: 2 })
  expect(files.map((file) => relative(folder, file))).toEqual(['a/sandbox.yaml', 'b/1/sandbox.yaml'])
  expect(crowded).toEqual([join(folder, 'a')])
  expect((await findProjectFiles([folder], { inAll: 7, belowOne: 4 })).crowded).toEqual([])
  await expect(findProjectFiles([folder], { inAll: 6, belowOne: 4 })).rejects.toMatchObject({
    diagnostics: [{ code: 'config/too-many-folders', detail: expect.stringContaining('more than 6 folders') }],
  })
})

test('a folder that is not there is an error that names it', async () => {
  const { folder } = await project({ 'work/file': '' })
  for (const name of ['none', 'file']) {
    await expect(findProjectFiles([join(folder, name)])).rejects.toMatchObject({
      diagnostics: [{ code: 'config/no-folder', detail: expect.stringContaining(name) }],
    })
  }
})
