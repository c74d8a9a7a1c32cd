import { expect, test } from 'vitest'
import { flagWords, keptFlags, recordedFlags, runFlags } from '../../../src/cli/declared/flags.js'
import { codesOf } from '../../template/fixture.js'

test.each([
  ['./data:/data', '/home/ada/web/data:/data'],
  ['.:/data:ro', '/home/ada/web:/data:ro'],
  ['../x:/x', '/home/ada/x:/x'],
  ['..:/x', '/home/ada:/x'],
  ['.data:/data', '/home/ada/web/.data:/data'],
  ['data:/data', '/home/ada/web/data:/data'],
  ['/data:/data:rw', '/data:/data:rw'],
  ['~/data:/data', '~/data:/data'],
  ['${env:BASE:-.}/data:/data', '${env:BASE:-.}/data:/data'],
])('%s is recorded as %s', (volume, recorded) => {
  const options = { env: [], volume: [volume], allow: [] }
  expect(runFlags(options, undefined, '/home/ada/web').volumes).toEqual([recorded])
  expect(runFlags(options, undefined, '/home/ada/a:b').volumes).toEqual([volume])
})

test('the name of a folder is no reference', () => {
  const { volumes } = runFlags({ env: [], volume: ['x:/x'], allow: [] }, undefined, '/home/${x}')
  expect(volumes).toEqual(['/home/$${x}/x:/x'])
})

const none = { env: [], volumes: [], mountDockerSocket: false }

test('a command to copy has every flag, but no value of a variable', () => {
  const flags = {
    ...none,
    agent: 'claude',
    env: ['TOKEN=planted', 'HOME'],
    volumes: ['/my data:/data:ro'],
    mountDockerSocket: true,
    credentials: 'none',
  }
  const words = flagWords(flags).join(' ')
  expect(words).toBe("claude -e TOKEN=... -e HOME -v '/my data:/data:ro' --mount-docker-socket --credentials none")
})

test('flags of an earlier call stay where this one does not speak of the same thing', () => {
  const earlier = recordedFlags({ ...none, env: ['A=one', 'B'], volumes: ['/a:/x', '/b:/y'], template: 'base' })
  const kept = keptFlags(earlier, { ...none, env: ['B=now'], volumes: ['/c:/y'] }, (name) => name === 'B')
  expect(kept).toMatchObject({
    flags: { env: expect.arrayContaining(['B=now']) as string[], volumes: ['/c:/y', '/a:/x'], template: 'base' },
    forgotten: ['A'],
    dropped: ['-e A', '-v /a:/x', '-t base'],
  })
  expect(
    keptFlags(earlier, { ...none, env: ['A=1', 'B'], volumes: ['/a:/x', '/b:/y'], template: 'base' }, () => true),
  ).toBeNull()
})

test('a clone stays until it is undone, and a work tree is named by its branch', () => {
  const options = { env: [], volume: [], allow: [], workspace: '/src/web-try', worktree: 'try' }
  expect(flagWords(runFlags(options, 'claude', '/src/web'))).toEqual(['claude', '--worktree try'])
  expect(flagWords({ ...none, clone: true })).toEqual(['--clone'])
  expect(flagWords({ ...none, clone: 'a b' })).toEqual(["--clone 'a b'"])
  const earlier = recordedFlags({ ...none, clone: 'x' })
  expect(earlier).toEqual({ '--clone': [''] })
  expect(recordedFlags(runFlags(options, undefined, '/src/web'))).toEqual({})
  expect(keptFlags(earlier, { ...none, clone: 'x' }, () => true)).toBeNull()
  expect(keptFlags(earlier, none, () => true)).toMatchObject({ flags: { clone: true }, dropped: ['--clone'] })
})

test('an agent behind --clone is told from a name', async () => {
  const options = { env: [], volume: [], allow: [], clone: 'claude' }
  expect(await codesOf(() => runFlags(options, undefined, '/'))).toEqual(['cli/clone-name'])
  expect(runFlags(options, 'claude', '/')).toMatchObject({ agent: 'claude', clone: 'claude' })
  expect(runFlags({ ...options, clone: 'claude-2' }, undefined, '/')).toMatchObject({ clone: 'claude-2' })
  expect(runFlags({ ...options, clone: true }, undefined, '/')).toMatchObject({ clone: true })
})
