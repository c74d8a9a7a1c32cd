// What the user's policy denies is denied, or nothing is planned: it is never taken for absent where it is only lost.

import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { refuseDenied } from '../../../src/cli/planning/denied.js'
import { userPolicy } from '../../../src/cli/declared/policy.js'
import type { Diagnostic } from '../../../src/model/diagnostic.js'
import { complaints, machine, type Machine } from '../../resolve/fixture.js'
import { webIdentity } from '../../support/arbitraries.js'
import { containerSpec } from '../../support/examples.js'

async function problems({ host }: Machine): Promise<readonly Diagnostic[]> {
  const user = await host()
  return complaints(Promise.resolve().then(() => userPolicy(user)))
}

test('without one there is none, also without the folder for it', async () => {
  expect(userPolicy(await machine().host())).toBe(null)
  const bare = machine()
  mkdirSync(join(bare.home, '.config/sbx'), { recursive: true })
  expect(userPolicy(await bare.host())).toBe(null)
})

test.each(['.config/sbx/policy.yaml', '.config/sbx', '.config'])('%s that leads nowhere is told', async (path) => {
  const user = machine()
  const link = join(user.home, path)
  mkdirSync(dirname(link), { recursive: true })
  symlinkSync(join(user.root, 'dotfiles'), link)
  expect(await problems(user)).toMatchObject([
    { code: 'config/unreadable', detail: `${link}: it is a link to nothing.`, at: { file: link } },
  ])
})

test('one that cannot be looked at is told', async () => {
  const user = machine()
  const folder = join(user.home, '.config')
  symlinkSync(folder, folder)
  expect(await problems(user)).toMatchObject([{ code: 'config/unreadable' }])
})

test('one of nearly the right name is told, and beside the right one not looked at', async () => {
  const user = machine()
  const mistaken = user.write('home/ada/.config/sbx/policy.yml', 'deny: [socket]\n')
  expect(await problems(user)).toMatchObject([
    { code: 'config/wrong-name', command: `mv ${mistaken} ${mistaken.replace(/yml$/, 'yaml')}` },
  ])
  user.write('home/ada/.config/sbx/policy.yaml', 'deny: [sudo]\n')
  expect(userPolicy(await user.host())?.deny).toMatchObject([{ pattern: 'sudo' }])
  rmSync(mistaken)
  expect(userPolicy(await user.host())?.deny).toMatchObject([{ pattern: 'sudo' }])
})

test('a session is refused in what has what is denied by now, and where nothing of it is, not', async () => {
  const user = machine()
  const container = {
    sandbox: { ...webIdentity, inode: '1:1:1', displayName: 'web', agent: 'claude' },
    spec: containerSpec,
  }
  const codes = async () => complaints(refuseDenied(await user.host(), container, { grants: {} }))
  await refuseDenied(await user.host(), container, { grants: {} })
  user.write('home/ada/.config/sbx/policy.yaml', 'deny: ["mount:/a"]\n')
  expect(await codes()).toMatchObject([{ code: 'policy/denied' }])
})
