import { expect, test } from 'vitest'
import { ignored } from '../../src/template/ignore.js'

test.each([
  ['node_modules', ['node_modules', 'node_modules/a/b.js'], ['a/node_modules', 'node_modules2', 'xnode_modules']],
  ['/build/', ['build', 'build/x'], ['a/build']],
  ['*.log', ['a.log', '.log'], ['a/b.log', 'a.logx', 'alog']],
  ['**/*.log', ['a.log', 'a/b.log', 'a/b/c.log'], ['a/b.txt']],
  ['a/**', ['a/b', 'a/b/c'], ['a', 'ab']],
  ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b', 'a/x/b/z'], ['a/xb', 'b']],
  ['?.txt', ['a.txt'], ['ab.txt', '.txt', '/.txt']],
  ['[a-c]x', ['ax', 'bx'], ['dx']],
  ['[^a]x', ['bx'], ['ax']],
  ['a\\*b', ['a*b'], ['axb']],
  ['a+b(c)', ['a+b(c)'], ['aab(c)']],
  ['# all\n\n  secrets  \n', ['secrets'], ['# all']],
  ['*\n!keep.txt', ['a', 'b/c'], ['keep.txt']],
  ['docs\n!docs/README.md\ndocs/README.md', ['docs/README.md'], []],
  ['docs\n!docs/README.md', ['docs', 'docs/x'], ['docs/README.md']],
  ['.', [], ['a']],
  ['', [], ['a', '.dockerignore']],
])('%j', (dockerignore, left, kept) => {
  const isIgnored = ignored(dockerignore)
  expect(left.filter((path) => !isIgnored(path))).toEqual([])
  expect(kept.filter((path) => isIgnored(path))).toEqual([])
})
