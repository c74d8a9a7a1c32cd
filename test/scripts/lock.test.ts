import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { holding } from '../../scripts/lock.mjs'

const lockModule = fileURLToPath(new URL('../../scripts/lock.mjs', import.meta.url))

it.runIf(process.platform === 'linux')(
  'what is held by another process waits until that one ends, be it killed',
  async () => {
    const name = `test-${process.pid}`
    const program = `
    const { holding } = await import(${JSON.stringify(lockModule)})
    await holding(${JSON.stringify(name)}, () => new Promise((resolve) => { console.log('held'); setInterval(() => {}, 1000) }))`
    const holder = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(holder.stdout, 'data')

    const events: string[] = []
    const mine = holding(name, async () => {
      events.push('mine')
    })
    // A second lock of another name goes by meanwhile, which shows that the first is really waiting.
    await holding(`${name}-other`, async () => {
      events.push('other')
    })
    expect(events).toEqual(['other'])
    holder.kill('SIGKILL')
    await mine
  },
)
