// A saved plan is one plan: flags that would make another are refused before the file is even read.

import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { applySaved, savedCallAgain } from '../../../src/cli/applying/apply-saved.js'
import type { Invocation } from '../../../src/cli/call/invocation.js'
import type { ChangeOptions } from '../../../src/cli/call/options.js'

function invocation(options: Partial<Invocation['options']> = {}): Invocation {
  return {
    env: {},
    workingFolder: '/no-such-folder',
    ...{ input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() },
    options: { color: false, ...options },
    signal: new AbortController().signal,
  }
}

const refused: readonly (readonly [flag: string, options: ChangeOptions])[] = [
  ['--upgrade', { upgrade: true }],
  ['--recreate', { recreate: true }],
  ['--pull', { pull: 'always' }],
  ['--locked', { locked: true }],
  ['--refresh-home', { refreshHome: true }],
]

test.each(refused)('%s shapes a plan, and one that was saved has its shape', async (flag, options) => {
  await expect(applySaved(invocation(), 'saved.plan', { ...options, allow: [] })).rejects.toMatchObject({
    kind: 'usage',
    diagnostics: [{ code: 'plan/other-flags', detail: expect.stringContaining(flag) }],
  })
})

test('so does --profile, and all of them are named at once', async () => {
  const call = invocation({ profile: 'review' })
  await expect(applySaved(call, 'saved.plan', { upgrade: true, allow: [] })).rejects.toMatchObject({
    diagnostics: [{ code: 'plan/other-flags', detail: expect.stringMatching(/^--upgrade.*--profile would make/) }],
  })
})

test('what is to become of files of the container may be said now', async () => {
  // The next thing that is wrong is that there is no such file.
  await expect(applySaved(invocation(), 'saved.plan', { keep: true, allow: [] })).rejects.not.toMatchObject({
    diagnostics: [{ code: 'plan/other-flags' }],
  })
})

test('one that was stopped in the middle is gone on with by a plan made afresh, with all that shaped it', () => {
  const config = { file: '/src/my web/sandbox.yaml', profile: 'review', workspace: '/src/my web' }
  const goOn = (options: ChangeOptions): string =>
    savedCallAgain(invocation({ host: 'unix:///x.sock' }), { config, call: { upgrade: true, force: true } }, options)
      .goOn
  const place = "--config '/src/my web/sandbox.yaml' --profile review --host unix:///x.sock"
  expect(goOn({})).toBe(`sbx apply --upgrade ${place}`)
  expect(goOn({ keep: true })).toBe(`sbx apply --upgrade --keep ${place}`)
})
