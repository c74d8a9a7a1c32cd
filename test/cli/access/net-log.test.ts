import { expect, test } from 'vitest'
import { noProxy } from '../../../src/cli/access/net-log.js'

test('a proxy that somebody removed is told from a network that never had one', () => {
  const thrown = (isLimited: boolean) => {
    try {
      return noProxy('web', isLimited)
    } catch (error) {
      return error
    }
  }
  expect(thrown(true)).toMatchObject({
    diagnostics: [{ code: 'cli/no-proxy', detail: expect.stringContaining('is not there'), command: 'sbx apply' }],
  })
  expect(thrown(false)).toMatchObject({
    diagnostics: [{ code: 'cli/no-proxy', detail: expect.stringContaining('web has no such network') }],
  })
})
