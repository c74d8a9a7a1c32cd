// An approval counts for the folder that it was given for, from a file that only the user can have written.

import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Reach } from '../../src/model/grant.js'
import {
  type Approvals,
  approvedValues,
  isOfItsFolder,
  listApprovals,
  readApprovals,
  readLatest,
  writeApprovals,
  writeLatest,
} from '../../src/resolve/approvals.js'
import { sandboxIdentity } from '../../src/resolve/identity.js'
import { loadedConfig, machine } from './fixture.js'

const reach: Reach = {
  network: 'limited',
  isReadonly: false,
  hidden: ['.env'],
  sudo: true,
  hasLogin: true,
  isolation: null,
}
const at = '2026-02-03T08:15:00.000Z'

async function setting() {
  const { workspace, host } = machine()
  const { stateFolder } = await host()
  const subject = await sandboxIdentity(loadedConfig(workspace, {}), await host())
  const { id, displayName: name, inode, profile } = subject
  const approvals: Approvals = {
    ...{ id, name, workspace, inode, profile, reach },
    grants: { socket: { value: 'host', at }, 'env:A': { value: 'A', at, by: 'policy' } },
  }
  return { workspace, stateFolder, subject, approvals, file: join(stateFolder, 'approvals', `${id}.json`) }
}

test('what is written is read again, closed to others, and nothing is left beside it', async () => {
  const { stateFolder, subject, approvals, file } = await setting()
  expect(readApprovals(stateFolder, subject)).toBe(null)
  expect(await listApprovals(stateFolder)).toEqual([])
  await writeApprovals(stateFolder, approvals)
  await writeApprovals(stateFolder, approvals)
  expect(readApprovals(stateFolder, subject)).toMatchObject(approvals)
  expect(await listApprovals(stateFolder)).toMatchObject([approvals])
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(statSync(join(stateFolder, 'approvals')).mode & 0o777).toBe(0o700)
  expect(readdirSync(join(stateFolder, 'approvals'))).toEqual([`${subject.id}.json`])
})

test('what the policy allowed was not approved', async () => {
  const { approvals } = await setting()
  expect(approvedValues(approvals)).toEqual({ socket: 'host' })
})

test.each<[string, Partial<Approvals>]>([
  ['another path', { workspace: '/src/other' }],
  ['another folder at the path', { inode: '1:2:3' }],
])('approvals of %s count for nothing, and so does all else', async (_, over) => {
  const { stateFolder, subject, approvals } = await setting()
  await writeApprovals(stateFolder, { ...approvals, ...over })
  expect(readApprovals(stateFolder, subject)).toMatchObject({ grants: {}, reach: null })
  expect(isOfItsFolder({ ...approvals, ...over })).toBe(false)
  expect(isOfItsFolder(approvals)).toBe(true)
})

test('a folder that is deleted and made anew is another', async () => {
  const { workspace, approvals } = await setting()
  rmSync(workspace, { recursive: true })
  expect(isOfItsFolder(approvals)).toBe(false)
  mkdirSync(workspace)
  expect(isOfItsFolder(approvals)).toBe(false)
})

test.each<[string, (file: string, text: string) => void]>([
  ['is cut', (file, text) => writeFileSync(file, text.slice(0, 50))],
  ['is of another form', (file, text) => writeFileSync(file, text.replace('"format": 1', '"format": 2'))],
  ['is no object', (file) => writeFileSync(file, '[]')],
  ['has a value that is none', (file, text) => writeFileSync(file, text.replace('"host"', '7'))],
  ['has a reach that is none', (file, text) => writeFileSync(file, text.replace('"limited"', '"wide"'))],
  ['can be written by others', (file) => chmodSync(file, 0o666)],
  [
    'is a link',
    (file, text) => {
      writeFileSync(`${file}.elsewhere`, text, { mode: 0o600 })
      rmSync(file)
      symlinkSync(`${file}.elsewhere`, file)
    },
  ],
  [
    'is a folder',
    (file) => {
      rmSync(file)
      mkdirSync(file)
    },
  ],
])('a file that %s approves nothing, and is there', async (_, spoil) => {
  const { stateFolder, subject, approvals, file } = await setting()
  await writeApprovals(stateFolder, approvals)
  spoil(file, readFileSync(file, 'utf8'))
  expect(readApprovals(stateFolder, subject)).toMatchObject({ grants: {}, reach: null })
  expect(await listApprovals(stateFolder)).toEqual([])
})

test('a file under the name of another sandbox is not listed', async () => {
  const { stateFolder, approvals, file } = await setting()
  await writeApprovals(stateFolder, approvals)
  writeFileSync(file.replace(/[^/]+$/, 'other-aabbcc.json'), readFileSync(file), { mode: 0o600 })
  expect((await listApprovals(stateFolder)).map(({ id }) => id)).toEqual([approvals.id])
})

test('the sandbox that was applied last in the folder and profile is known, where it is another', async () => {
  const { stateFolder, subject, approvals } = await setting()
  expect(readLatest(stateFolder, subject)).toBe(null)
  await writeApprovals(stateFolder, approvals)
  await writeLatest(stateFolder, subject)
  expect(readLatest(stateFolder, subject)).toBe(null)
  const other = { ...subject, id: 'other-aabbcc' }
  expect(readLatest(stateFolder, other)).toMatchObject({ id: subject.id, reach })
  expect(readLatest(stateFolder, { ...other, profile: 'review' })).toBe(null)
  expect(readLatest(stateFolder, { ...other, workspace: '/src/api' })).toBe(null)
  expect(readLatest(stateFolder, { ...other, inode: '1:2:3' })).toMatchObject({ grants: {}, reach: null })
  await writeLatest(stateFolder, other)
  expect(readLatest(stateFolder, subject)).toBe(null)
  expect((await listApprovals(stateFolder)).map(({ id }) => id)).toEqual([subject.id])
})
