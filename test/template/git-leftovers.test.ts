// What a call that was killed has left goes with the next one.

import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { removeLeftovers, repositoryPrefix } from '../../src/template/git-leftovers.js'
import { withRepository } from '../../src/template/git-view.js'
import { temporaryFolder } from '../support/temporary-folder.js'

test('repositories of processes that are gone are removed, and nothing else', async () => {
  const folder = temporaryFolder('leftovers')
  const own = await repositoryPrefix()
  const { pid } = spawnSync('true')
  const gone = own.replace(/\d+-$/, `${String(pid)}-`)
  const kept = [
    `${own}aaaaaa`,
    gone.replace(/^sbx-git-\w+-/, 'sbx-git-1-') + 'aaaaaa',
    'sbx-git-abcdef',
    `${gone}link00`,
  ]
  for (const name of [...kept.slice(0, 3), `${gone}aaaaaa`])
    mkdirSync(join(folder, name, 'objects'), { recursive: true })
  symlinkSync(join(folder, kept[0] ?? ''), join(folder, kept[3] ?? ''))
  await removeLeftovers(folder)
  expect(readdirSync(folder).sort()).toEqual([...kept].sort())
})

test('a repository of this call has the name of its process', async () => {
  await withRepository(40, async (repository) => {
    expect(basename(repository).startsWith(await repositoryPrefix())).toBe(true)
  })
})
