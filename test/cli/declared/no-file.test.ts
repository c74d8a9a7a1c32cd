// What is said of the sandboxes of a folder that has no file.

import { expect, test } from 'vitest'
import { hereText } from '../../../src/cli/declared/no-file.js'
import type { ListedContainer } from '../../../src/model/live.js'

function sandbox(displayName: string, mode?: 'clone'): ListedContainer {
  const labels = { id: `${displayName}-3f2a1c`, displayName, workspace: '/src/web', agent: 'shell', profile: null }
  const workspace = { path: '/src/web', readonly: false, ...(mode === undefined ? {} : { mode }) }
  return { sandbox: labels, spec: { workspace } } as unknown as ListedContainer
}

test('one is told with the call that goes on with it', () => {
  expect(hereText([sandbox('web')])).toBe(
    'This folder has the sandbox web-3f2a1c, made by flags or by a file that is gone. It stays as it is: ' +
      '`sbx run shell` goes on with it, `sbx rm web-3f2a1c` removes it.',
  )
})

test('of several each has its own call', () => {
  const here = [sandbox('web'), sandbox('web', 'clone'), sandbox('web-fix-login', 'clone'), sandbox('other')]
  const calls = [...hereText(here).matchAll(/\(`(.*?)`\)/g)].map(([, call]) => call)
  expect(calls).toEqual([
    'sbx run shell',
    'sbx run shell --clone',
    'sbx run shell --clone fix-login',
    'sbx run shell --name other',
  ])
})
