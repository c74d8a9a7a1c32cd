import { chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkLoginOwner, type LoginNeighbour } from '../../src/resolve/login-owner.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { codes } from './fixture.js'

const root = temporaryFolder('login')

/** A folder of another user, where the test may make one; else one of the system's. */
function folderOf(user: number): string {
  if (process.getuid?.() !== 0) return user === process.getuid?.() ? root : '/'
  const path = join(root, String(user))
  mkdirSync(path, { recursive: true })
  chownSync(path, user, user)
  return path
}

const own = process.getuid?.() === 0 ? 1000 : (process.getuid?.() ?? 0)
const another = process.getuid?.() === 0 ? 501 : 0

function neighbour(workspace: string, state: LoginNeighbour['state'], volume = 'login'): LoginNeighbour {
  return { state, sandbox: { id: 'api-123abc', workspace }, spec: { volumes: { '/run/sbx/login': volume } } }
}

async function check(loginVolume: string | null, ...others: readonly LoginNeighbour[]): Promise<unknown> {
  return codes(checkLoginOwner({ workspace: folderOf(own), loginVolume, others }))
}

test('a login is not taken from a running sandbox of another user', async () => {
  expect(await check('login', neighbour(folderOf(another), 'running'))).toEqual(['resolve/login-in-use'])
  expect(await check('login', neighbour(folderOf(another), 'paused'))).toEqual(['resolve/login-in-use'])
})

test('it is shared with sandboxes of the same user, and taken from those that do not run', async () => {
  const { workspace, loginVolume } = { workspace: folderOf(own), loginVolume: 'login' }
  await checkLoginOwner({ workspace, loginVolume, others: [neighbour(folderOf(own), 'running')] })
  await checkLoginOwner({ workspace, loginVolume, others: [neighbour(folderOf(another), 'exited')] })
  await checkLoginOwner({ workspace, loginVolume, others: [neighbour(folderOf(another), 'running', 'other-login')] })
  await checkLoginOwner({ workspace, loginVolume: null, others: [neighbour(folderOf(another), 'running')] })
  await checkLoginOwner({ workspace, loginVolume, others: [neighbour('/nowhere/at/all', 'running')] })
})
