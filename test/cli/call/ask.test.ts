import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { ask } from '../../../src/cli/call/ask.js'
import { heeded } from '../../../src/cli/call/ending.js'
import { callIn } from '../support/call-in.js'

test.each([
  ['ends', (input: PassThrough) => input.end()],
  ['is gone', (input: PassThrough) => input.destroy(Object.assign(new Error('read EIO'), { code: 'EIO' }))],
] as const)('a terminal that %s before there is an answer gives none', async (_, leave) => {
  const input = heeded(new PassThrough())
  const asked = ask({ ...callIn('/'), input }, 'Remove it?')
  leave(input)
  expect(await asked).toBe(false)
})
