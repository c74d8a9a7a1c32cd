import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DiagnosticError } from '../../src/model/diagnostic.js'
import { isMovable, parseTemplateReference, type TemplateReference } from '../../src/template/ref.js'
import { codesOf, diagnosticsOf } from './fixture.js'

const builtIn = ['base', 'claude', 'shell']
const at = { file: '/p/sandbox.yaml', line: 3, column: 11 }

describe('a template value', () => {
  test.each<readonly [string, TemplateReference]>([
    ['claude', { kind: 'built-in', name: 'claude' }],
    ['/home/ada/web/templates/python', { kind: 'folder', path: '/home/ada/web/templates/python' }],
    ...[
      'python',
      'debian:bookworm',
      'claude:latest',
      'docker/sandbox-templates:claude-code',
      'ghcr.io/acme/agent:3',
      'localhost:5000/agent',
      'localhost/mine_own__x-y.z:A.b-c_1',
      `debian@sha256:${'a'.repeat(64)}`,
      `sha256:${'a'.repeat(64)}`,
    ].map((reference): readonly [string, TemplateReference] => [reference, { kind: 'image', reference }]),
  ])('%s', (value, expected) => {
    expect(parseTemplateReference(value, builtIn)).toEqual(expected)
  })

  test.each(['cluade', 'laude', 'shel', 'bash'])('%s asks whether a template was meant', async (value) => {
    const [diagnostic] = await diagnosticsOf(() => parseTemplateReference(value, builtIn, at))
    expect(diagnostic).toMatchObject({ code: 'template/unknown', at })
    expect(diagnostic?.detail).toMatch(/Did you mean (claude|shell|base)\?/)
    expect(diagnostic?.detail).toContain(`${value}:latest`)
  })

  test.each(['', 'Debian', './templates/python', '../x', 'a b', 'debian:', '-x', 'debian@sha256:12', 'x\n', 'C:\\x'])(
    '%j is nothing of that',
    async (value) => {
      expect(await codesOf(() => parseTemplateReference(value, builtIn, at))).toEqual(['template/not-a-reference'])
    },
  )

  test('a git reference', () => {
    expect(parseTemplateReference('git+https://host/team/t.git//python@v3', builtIn, at)).toEqual({
      ...{ kind: 'git', url: 'https://host/team/t.git', folder: 'python', ref: 'v3' },
    })
  })

  test('any text is either understood or told to be wrong', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.webUrl()), (value) => {
        try {
          parseTemplateReference(value, builtIn)
        } catch (error) {
          if (!(error instanceof DiagnosticError)) throw error
        }
      }),
    )
  })
})

test('a digest and an image id stay what they are, a tag does not', () => {
  const hex = 'a'.repeat(64)
  expect(['debian', 'debian:12', 'x/y:3'].map(isMovable)).toEqual([true, true, true])
  expect([`debian@sha256:${hex}`, `debian:12@sha256:${hex}`, `sha256:${hex}`].map(isMovable)).toEqual([
    false,
    false,
    false,
  ])
})
