import { expect, test } from 'vitest'
import { olderHomeTexts } from '../../src/ui/plan-text/older-home.js'

test('the command to copy is that of the call', () => {
  const note = { kind: 'older-home', from: 'sha256:a', to: null, isBrought: false } as const
  const texts = olderHomeTexts(note, { name: 'web', action: 'reuse' }, (text) => `${text} --context remote`)
  expect(texts.then).toEqual(['bring those that nobody changed: sbx apply --refresh-home --context remote'])
})
