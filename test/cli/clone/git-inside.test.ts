// What runs in a sandbox is the agent's to replace: it may never come to its end.

import { expect, test } from 'vitest'
import { scriptInside } from '../../../src/cli/clone/git-inside.js'
import { silent } from '../../support/silent-engine.js'

const inside = { engine: silent, containerId: 'c', folder: '/src/web', env: {} }

test('a script that does not come to its end is ended, and told by what it was to do', async () => {
  const script = scriptInside({ ...inside, limit: 20 }, new AbortController().signal)
  await expect(script('git status', [], 'fill the clone')).rejects.toMatchObject({
    kind: 'failed',
    diagnostics: [{ code: 'clone/git-failed', detail: expect.stringContaining('It was to fill the clone.') as string }],
  })
})

test('whoever interrupts is told that, and not of a limit', async () => {
  const controller = new AbortController()
  const told = scriptInside({ ...inside, limit: 600_000 }, controller.signal)('git status', [], 'fill the clone')
  controller.abort()
  await expect(told).rejects.toMatchObject({ kind: 'interrupted' })
  const late = scriptInside({ ...inside, limit: 600_000 }, controller.signal)('git status', [], 'fill the clone')
  await expect(late).rejects.toMatchObject({ kind: 'interrupted' })
})
