// One at a time on this machine, and free again however the holder ends.

import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/**
 * Runs `work` while no other process holds `name`. The lock is a name in Linux's abstract socket namespace, so nothing is
 * left behind by a kill. Elsewhere there is no such thing, and no lock: people there have one terminal at a time.
 */
export async function holding(name, work) {
  if (process.platform !== 'linux') return work()
  const server = await bind(`\0sandbox-yaml:${name}`)
  try {
    return await work()
  } finally {
    server.close()
    await once(server, 'close')
  }
}

async function bind(path) {
  let said = false
  for (;;) {
    const server = createServer()
    server.listen(path)
    try {
      await once(server, 'listening')
      return server
    } catch (error) {
      if (error.code !== 'EADDRINUSE') throw error
    }
    if (!said) console.log('waiting for another one that is at the same work')
    said = true
    await pause(200)
  }
}
