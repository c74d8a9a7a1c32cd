import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fetchedOf, readFetched, rememberFetched } from '../../src/resolve/fetched.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const subject = { id: 'web-1234', repository: '/src/web' }

test('the last two that sbx put on a branch are remembered, by the repository', async () => {
  const state = join(temporaryFolder('fetched'), 'sbx')
  expect(await readFetched(state, subject)).toEqual({})
  for (const id of ['a', 'b', 'b', 'c']) await rememberFetched(state, subject, new Map([['refs/heads/sbx/web', id]]))
  await rememberFetched(state, subject, new Map([['refs/heads/sbx/web-wip', 'd']]))
  const known = { 'refs/heads/sbx/web': ['b', 'c'], 'refs/heads/sbx/web-wip': ['d'] }
  expect(await readFetched(state, subject)).toEqual(known)
  expect(await readFetched(state, { ...subject, repository: '/src/other' })).toEqual({})
  expect(statSync(join(state, 'clones', 'web-1234.json')).mode & 0o777).toBe(0o600)
})

test('whose a commit on a branch is, is known of every sandbox', async () => {
  const state = join(temporaryFolder('fetched'), 'sbx')
  expect(await fetchedOf(state, 'refs/heads/sbx/web', 'a')).toBeNull()
  await rememberFetched(state, subject, new Map([['refs/heads/sbx/web', 'a']]))
  await rememberFetched(state, { ...subject, id: 'web-5678' }, new Map([['refs/heads/sbx/web', 'b']]))
  writeFileSync(join(state, 'clones', 'broken.json'), '{')
  const of = async (ref: string, tip: string) => fetchedOf(state, `refs/heads/${ref}`, tip)
  expect([await of('sbx/web', 'a'), await of('sbx/web', 'b')]).toEqual(['web-1234', 'web-5678'])
  expect([await of('sbx/web', 'c'), await of('sbx/other', 'a')]).toEqual([null, null])
})

test.each(['', '{', '[]', '{"format":2}', '{"format":1,"repository":"/src/web","branches":[]}'])(
  'what cannot be read is nothing: %s',
  async (text) => {
    const state = temporaryFolder('fetched')
    mkdirSync(join(state, 'clones'))
    writeFileSync(join(state, 'clones/web-1234.json'), text)
    expect(await readFetched(state, subject)).toEqual({})
  },
)
