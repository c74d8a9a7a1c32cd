// Whose approvals are meant where nobody is named.

import { expect, test } from 'vitest'
import { rememberedHere, type Remembered } from '../../src/cli/approved-sandboxes.js'
import { complaints, machine } from '../resolve/fixture.js'
import { person } from '../support/approving.js'

test('where the nearest folder has several, these are named and none further out', async () => {
  const { home, workspace, folder, host } = machine()
  const of = (id: string, place: string): Remembered => {
    return { ...{ id, name: id, workspace: place, grants: [], approvals: null, labels: null } }
  }
  const all = [of('home-000001', home), of('web-000001', workspace), of('web-000002', workspace)]
  const here = async (workingFolder: string) =>
    rememberedHere({ ...person(null).invocation, workingFolder }, await host(), all)
  expect(await complaints(here(folder('home/ada/src/web/deep')))).toMatchObject([
    { code: 'cli/ambiguous-sandbox', detail: 'This folder has several: web-000001, web-000002. Name one.' },
  ])
  expect(await here(folder('home/ada/other'))).toBe(all[0])
})
