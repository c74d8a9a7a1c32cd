import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DiagnosticError } from '../../src/model/diagnostic.js'
import { gitReferenceText, isCommit, parseGitReference, type GitReference } from '../../src/template/git-reference.js'
import { diagnosticsOf } from './fixture.js'

const at = { file: '/p/sandbox.yaml', line: 3, column: 11 }
const commit = 'a1'.repeat(20)

describe('a git reference', () => {
  test.each<readonly [string, GitReference]>([
    ['git+https://host/team/t.git//python@v3', { url: 'https://host/team/t.git', folder: 'python', ref: 'v3' }],
    ['git+https://host:8443/t', { url: 'https://host:8443/t', folder: '', ref: 'HEAD' }],
    ['git+ssh://git@host/t.git//a/b@feature/x', { url: 'ssh://git@host/t.git', folder: 'a/b', ref: 'feature/x' }],
    ['git+file:///srv/t.git@pkg@1.2.3', { url: 'file:///srv/t.git', folder: '', ref: 'pkg@1.2.3' }],
    [`git+https://[::1]/t@${commit}`, { url: 'https://[::1]/t', folder: '', ref: commit }],
  ])('%s', (value, expected) => {
    expect(parseGitReference(value)).toEqual(expected)
    expect(gitReferenceText(expected)).toBe(value)
  })

  test.each([
    ['git+ext::sh -c touch% /tmp/x', 'control character'],
    ['git+ext::sh', 'git+https, git+ssh'],
    ['git+http://host/t.git', 'git+https, git+ssh'],
    ['git+git://host/t.git', 'git+https, git+ssh'],
    ['git+https://host/t.git@--upload-pack=x', 'name of a tag'],
    ['git+https://host/t.git@-x', 'name of a tag'],
    ['git+https://host/t.git@', 'name of a tag'],
    ['git+https://host/t.git@a..b', 'name of a tag'],
    ['git+https://host/t.git@v1^{tree}', 'name of a tag'],
    ['git+https://host/t.git@v1:path', 'name of a tag'],
    ['git+https://host/t.git@refs/*', 'name of a tag'],
    ['git+https://host/t.git@a.lock', 'name of a tag'],
    ['git+https://host/t.git//../x', 'folder inside'],
    ['git+https://host/t.git//a/../b@v1', 'folder inside'],
    ['git+https://host/t.git//./a', 'folder inside'],
    ['git+https://host/t.git//.GIT/hooks', 'folder inside'],
    ['git+https://user:token@host/t.git', 'password'],
    ['git+https://-oProxyCommand=x/t.git', 'not a host'],
    ['git+ssh://-oProxyCommand=x/t.git', 'not a host'],
    ['git+ssh://-x@host/t.git', 'not a host'],
    ['git+https:///t.git', 'not a host'],
    ['git+file://host/t.git', 'three slashes'],
    ['git+file:///a%2fb', 'path of the repository'],
    ['git+https://host/', 'path of the repository'],
    ['git+https://host/t.git?x=1', 'path of the repository'],
    ['git+https://host/t.git\n@v1', 'control character'],
    ['git+https://host/t.git@v\u00001', 'control character'],
    ['git+https:host', 'host and a path'],
  ])('%j is refused', async (value, why) => {
    const found = await diagnosticsOf(() => parseGitReference(value, at))
    expect(found).toMatchObject([
      { code: 'template/git-reference', at, detail: expect.stringContaining(why) as string },
    ])
  })

  test('any text is either refused, or such that git can take no part of it for another thing', () => {
    const part = fc.oneof(
      fc.constantFrom('-', '--', '..', '/', '//', '@', ':', '.git', '%2e', '\n', 'v1', 'host', 'a', '~', '^{', '[::1]'),
      fc.string({ unit: 'binary', maxLength: 3 }),
    )
    const values = fc
      .tuple(fc.constantFrom('https://', 'ssh://', 'file:///', 'ext::', ''), fc.array(part, { maxLength: 12 }))
      .map(([scheme, parts]) => `git+${scheme}${parts.join('')}`)
    fc.assert(
      fc.property(values, (value) => {
        let reference: GitReference
        try {
          reference = parseGitReference(value)
        } catch (error) {
          if (!(error instanceof DiagnosticError)) throw error
          return
        }
        const { url, folder, ref } = reference
        expect(url).toMatch(/^(?:https|ssh):\/\/[A-Za-z0-9_[]|^file:\/\/\//)
        expect(ref).not.toMatch(/^-|\.\.|[\s~^:?*[\\]/)
        expect(folder.split('/')).not.toContain('..')
        expect(folder).not.toMatch(/^\/|\s/)
        expect(parseGitReference(gitReferenceText(reference))).toEqual(reference)
      }),
      { numRuns: 2000 },
    )
  })

  test('only a full id is a commit', () => {
    expect([commit, 'a'.repeat(64), 'a'.repeat(39), 'A'.repeat(40), 'v1'].map(isCommit)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
  })
})
