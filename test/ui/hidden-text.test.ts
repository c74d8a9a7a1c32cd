import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { hiddenTexts } from '../../src/ui/plan-text/hidden.js'

test('the line that hides what looks like a secret is YAML that hides just that, beside the rest', () => {
  const paths = ['.env', 'a b/c, d', '.5', 'true', '.Inf', "it's", '- x', 'é.pem', '"q"']
  const { text, then } = hiddenTexts(
    { kind: 'looks-secret', paths: paths.slice(1), all: ['.env'] },
    { name: 'web' },
    72,
  )
  expect(text).toContain('look like secrets, and web can read them')
  expect(parse(then.slice(1).join('\n'))).toEqual({ workspace: { hide: paths } })
})

test('many are counted', () => {
  const paths = Array.from({ length: 20 }, (_, index) => `${String(index)}.env`)
  expect(hiddenTexts({ kind: 'looks-secret', paths, all: [] }, { name: 'web' }, 72).text).toContain(
    '6.env, 7.env and 12 more',
  )
})

test('one that is missing is told by itself', () => {
  expect(hiddenTexts({ kind: 'hidden-missing', paths: ['.env'], all: ['.env'] }, { name: 'web' }, 72)).toEqual({
    text: '.env is not there to be hidden; once it is, web is recreated',
    then: [],
  })
})
