import assert from 'node:assert/strict'
import { test } from 'node:test'
import { total } from './total.js'

test('a total is the sum of the prices', () => {
  assert.equal(total(['apple', 'apple', 'bread']), 410)
})
