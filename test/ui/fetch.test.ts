import { expect, test } from 'vitest'
import { fetchJson, type Fetched } from '../../src/ui/fetch-json.js'
import { fetchText } from '../../src/ui/fetch-text.js'
import { pushJson, type Pushed } from '../../src/ui/push-json.js'
import { pushText } from '../../src/ui/push-text.js'
import { expectValid } from '../e2e/support/documents.js'

const [old, young] = ['4'.repeat(40), '5'.repeat(40)]

const fetched: Fetched = {
  name: 'web',
  repository: '/src/web',
  branches: [{ ref: 'sbx/web', before: old, after: young, commits: 3, isForced: false }],
  wip: null,
  isClean: false,
  isUnchanged: false,
  left: [],
  unfit: [],
  current: 'main',
}

test('a fetch says what moved, and what to look at it with', () => {
  expect(fetchText(fetched)).toEqual([
    'Fetched web:',
    '  sbx/web  4444444..5555555 (3 commits)',
    'Look: git log main..sbx/web',
  ])
  const branches = [{ ref: 'sbx/web', before: null, after: young, commits: 1, isForced: true }]
  const wip = { branch: 'sbx/web-wip', to: old }
  expect(fetchText({ ...fetched, branches, wip, left: ['a\u202eb', 'c'] })).toEqual([
    'Fetched web:',
    '  sbx/web  5555555 (1 commit), rewritten in the clone',
    '  sbx/web-wip  4444444, what is not committed',
    'Not fetched, and new: a\\u202eb, c. With them: sbx fetch --all',
    'Look: git log main..sbx/web',
  ])
  expect(fetchText({ ...fetched, branches: [], isUnchanged: true, isClean: true })).toEqual([
    'Nothing new in web.',
    'Everything in it is committed.',
  ])
  const unfit = ['a'.repeat(300), 'b\u2028c']
  expect(fetchText({ ...fetched, unfit })[2]).toBe(
    `Not fetched, under names that no branch here is to have: ${'a'.repeat(29)}...${'a'.repeat(28)} (300 characters), b\\u2028c. ` +
      'Rename them in the clone: git branch -m',
  )
  expectValid('fetch', fetchJson({ ...fetched, unfit }))
  expectValid('fetch', fetchJson({ ...fetched, wip }))
  expectValid('fetch', fetchJson({ ...fetched, branches }))
})

const pushed: Pushed = {
  name: 'web',
  refs: [
    { ref: 'refs/remotes/host/main', before: old, after: young },
    { ref: 'refs/remotes/host/gone', before: old, after: null },
    { ref: 'refs/tags/v1', before: null, after: young },
  ],
  branch: 'sbx/web',
  moved: 'moved',
  hint: null,
}

test('a push says what was sent, and what became of the branch', () => {
  expect(pushText(pushed)).toEqual([
    'Sent to web:',
    '  host/main  4444444..5555555',
    '  host/gone  is gone',
    '  v1  5555555',
    'sbx/web was moved forward with it.',
  ])
  expect(
    pushText({ ...pushed, refs: [], moved: 'apart', hint: 'sbx exec web -- git merge --no-edit host/main' }),
  ).toEqual([
    'Nothing new for web.',
    'sbx/web has commits of its own, and stays.',
    'To take it in: sbx exec web -- git merge --no-edit host/main',
  ])
  expectValid('push', pushJson(pushed))
  expectValid('push', pushJson({ ...pushed, hint: 'x', moved: 'changed' }))
})
