import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prices } from './prices.js'

test('prices are whole cents', () => {
  for (const price of Object.values(prices)) assert.ok(Number.isInteger(price) && price > 0)
})
