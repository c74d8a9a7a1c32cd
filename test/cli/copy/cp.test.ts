import { expect, test } from 'vitest'
import { cp } from '../../../src/cli/copy/cp.js'
import { notRunning } from '../../../src/cli/session/running-sandbox.js'
import { valueText } from '../../../src/ui/plan-text/values.js'
import { person } from '../../support/approving.js'

test.each([
  [':/tmp/report', '-'],
  ['-', ':/tmp/report'],
])('%s is not copied to %s, since no file is called so', async (source, target) => {
  const { invocation } = person(null)
  await expect(cp(invocation, source, target)).rejects.toMatchObject({
    kind: 'usage',
    diagnostics: [{ code: 'cp/stream', command: 'sbx exec -- cat FILE' }],
  })
})

test('a sandbox that does not run is called what the list calls it', () => {
  expect(() => notRunning('web-123456', 'exited', 'sbx apply')).toThrow(
    expect.objectContaining({
      diagnostics: [expect.objectContaining({ detail: expect.stringMatching(/is stopped\./) as string })],
    }),
  )
})

test('what is there or not is said in words', () => {
  expect(valueText(true, '/networks/web_default', '/home/me')).toBe('joined')
  expect(valueText(true, '/own/node_modules', '/home/me')).toBe('a volume of its own')
})
