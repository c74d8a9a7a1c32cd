import { expect, test } from 'vitest'
import { widens } from '../../src/model/grant.js'

test.each([
  ['mount:/data', 'ro:/a', 'rw:/a', false],
  ['mount:/data', 'rw:/a', 'ro:/a', true],
  ['mount:/data', 'ro:/a', 'rw:/b', true],
  ['template', 'ro:1', 'rw:1', true],
  ['secret:K', 'ro:1', 'rw:1', true],
  ['socket', 'host', 'host', false],
  ['socket', 'host', undefined, true],
])('%s as %s where %s was approved: %s', (key, value, approved, isWider) => {
  expect(widens({ key, value }, approved)).toBe(isWider)
})
