import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import { holderOf, isHolderGone } from '../../../src/engine/container/holder.js'

const machine = '3f2a1c'

type Fields = { machine: string; host: string; boot: string; view: string; pid: number; begun: string }

/** What this process holds, changed. */
async function held(change: Partial<Fields>, of = machine): Promise<string> {
  const names = ['machine', 'host', 'boot', 'view', 'pid', 'begun']
  const values = JSON.parse(await holderOf(of)) as readonly (string | number)[]
  const fields = Object.fromEntries(names.map((name, at) => [name, values[at]]))
  return JSON.stringify(Object.values({ ...fields, ...change }))
}

test('a process that runs holds what is its own, until it has ended', async () => {
  expect(await isHolderGone(await holderOf(machine), machine)).toBe(false)
  const child = spawn('sleep', ['60'])
  await once(child, 'spawn')
  const holder = await holderOf(machine, child.pid)
  expect(await isHolderGone(holder, machine)).toBe(false)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await isHolderGone(holder, machine)).toBe(true)
})

test.runIf(process.platform === 'linux')('one with the same number that began at another time is another', async () => {
  expect(await isHolderGone(await held({ begun: '1' }), machine)).toBe(true)
})

test('of another machine, of another view of processes, and of what is no holder nothing is known', async () => {
  const gone = { pid: 2 ** 30, begun: '1' }
  expect(await isHolderGone(await held({ ...gone, host: `${hostname()}-2` }), machine)).toBe(false)
  expect(await isHolderGone(await held({ ...gone, view: 'pid:[1]' }), machine)).toBe(false)
  for (const text of ['', '[]', 'null', '["a","b","c",1,"d"]', '["m","a","b","c","1","d"]']) {
    expect(await isHolderGone(text, machine)).toBe(false)
  }
})

test('another machine of the same name is another, and so may be what only has the name', async () => {
  const other = { boot: 'another', pid: 2 ** 30 }
  expect(await isHolderGone(await held(other, 'ffffff'), machine)).toBe(false)
  expect(await isHolderGone(await held(other, ''), '')).toBe(false)
  expect(await isHolderGone(await held(other, hostname()), hostname())).toBe(false)
})

test('nothing outlives a start of its machine', async () => {
  expect(await isHolderGone(await held({ boot: 'another' }), machine)).toBe(true)
})
