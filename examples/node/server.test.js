import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { greeter } from './server.js'

test('greets by name', async () => {
  const server = greeter().listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const reply = await fetch(`http://127.0.0.1:${server.address().port}/?name=Ada`)
    assert.equal(await reply.text(), 'Hello, Ada!\n')
  } finally {
    server.close()
  }
})
