// An approval counts for the folder that it was given for, from a file that only the user can have written.

import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Reach } from '../../src/model/reach.js'
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
  const { id, displayName: name, inode, profile, agent } = subject
  const approvals: Approvals = {
    ...{ id, name, workspace, inode, profile, agent, reach },
    grants: { socket: { value: 'host', at }, 'env:A': { value: 'A', at, by: 'policy' } },
  }
  return { workspace, stateFolder, subject, approvals, file: join(stateFolder, 'approvals', `${id}.json`) }
}

test('what is written is read again, closed to others, and nothing is left beside it', async () => {
  const { stateFolder, subject, approvals, file } = await setting()
  expect(readApprovals(stateFolder, subject)).toBe(null)
  expect(listApprovals(stateFolder)).toEqual([])
  await writeApprovals(stateFolder, approvals)
  await writeApprovals(stateFolder, approvals)
  expect(readApprovals(stateFolder, subject)).toMatchObject(approvals)
  expect(listApprovals(stateFolder)).toMatchObject([approvals])
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
  expect(listApprovals(stateFolder)).toEqual([])
})

test('a file under the name of another sandbox is not listed', async () => {
  const { stateFolder, approvals, file } = await setting()
  await writeApprovals(stateFolder, approvals)
  writeFileSync(file.replace(/[^/]+$/, 'other-aabbcc.json'), readFileSync(file), { mode: 0o600 })
  expect(listApprovals(stateFolder).map(({ id }) => id)).toEqual([approvals.id])
})

test('the sandbox that was applied last in the folder and profile is known, where it is another', async () => {
  const { stateFolder, subject, approvals } = await setting()
  const latest = (of: typeof subject) => readLatest(stateFolder, of, 'all')
  expect(latest(subject)).toBe(null)
  await writeApprovals(stateFolder, approvals)
  await writeLatest(stateFolder, subject)
  expect(latest(subject)).toBe(null)
  const other = { ...subject, id: 'other-aabbcc' }
  expect(latest(other)).toMatchObject({ id: subject.id, reach })
  expect(latest({ ...other, profile: 'review' })).toBe(null)
  expect(latest({ ...other, workspace: '/src/api' })).toBe(null)
  expect(latest({ ...other, inode: '1:2:3' })).toMatchObject({ grants: {}, reach: null })
  await writeLatest(stateFolder, other)
  await writeApprovals(stateFolder, { ...approvals, id: other.id })
  expect(latest(subject)).toMatchObject({ id: other.id })
  expect(listApprovals(stateFolder).map(({ id }) => id)).toEqual([other.id, subject.id])
})

test('the last one of an agent is known although one of another agent came after it', async () => {
  const { stateFolder, subject, approvals } = await setting()
  await writeApprovals(stateFolder, { ...approvals, reach: { ...reach, hasLogin: false } })
  await writeLatest(stateFolder, subject)
  const ofAnother = { ...subject, id: 'other-aabbcc', agent: 'other' }
  await writeApprovals(stateFolder, { ...approvals, id: ofAnother.id, agent: 'other', reach })
  await writeLatest(stateFolder, ofAnother)
  const third = { ...subject, id: 'third-aabbcc' }
  expect(readLatest(stateFolder, third, 'all')).toMatchObject({ id: ofAnother.id })
  expect(readLatest(stateFolder, third, 'agent')).toMatchObject({ id: subject.id, reach: { hasLogin: false } })
  expect(readLatest(stateFolder, ofAnother, 'agent')).toBe(null)
})

test.each<[string, (file: string) => void]>([
  ['others can write', (file) => chmodSync(file, 0o664)],
  ['names no sandbox', (file) => writeFileSync(file, '../web')],
])('where a file that %s says which was last, each may have been it', async (_, spoil) => {
  const { stateFolder, subject, approvals, file } = await setting()
  await writeApprovals(stateFolder, approvals)
  const closer = { ...approvals, id: 'closer-aabbcc', reach: { ...reach, network: 'none' as const, hidden: ['keys'] } }
  await writeApprovals(stateFolder, closer)
  await writeApprovals(stateFolder, {
    ...closer,
    id: 'else-aabbcc',
    profile: 'review',
    reach: { ...reach, sudo: false },
  })
  await writeLatest(stateFolder, subject)
  const folder = join(file, '..')
  for (const name of readdirSync(folder)) if (name.endsWith('.last')) spoil(join(folder, name))
  expect(readLatest(stateFolder, { ...subject, id: 'other-aabbcc' }, 'all')).toMatchObject({
    grants: {},
    reach: { network: 'none', sudo: true, hidden: expect.arrayContaining(['.env', 'keys']) },
  })
  await writeLatest(stateFolder, subject)
  expect(readLatest(stateFolder, subject, 'all')).toBe(null)
})
