import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { holderOf, isHolderGone } from '../../src/engine/holder.js'

test('a process that runs holds what is its own, until it has ended', async () => {
  expect(await isHolderGone(await holderOf())).toBe(false)
  const child = spawn('sleep', ['60'])
  await once(child, 'spawn')
  const holder = await holderOf(child.pid)
  expect(await isHolderGone(holder)).toBe(false)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await isHolderGone(holder)).toBe(true)
})

test.runIf(process.platform === 'linux')('one with the same number that began at another time is another', async () => {
  const [host, boot, view, pid, begun] = JSON.parse(await holderOf()) as [string, string, string, number, string]
  expect(await isHolderGone(JSON.stringify([host, boot, view, pid, `${begun}1`]))).toBe(true)
})

test('of another machine, of another view of processes, and of what is no holder nothing is known', async () => {
  const [host, boot, , , begun] = JSON.parse(await holderOf()) as [string, string, string, number, string]
  const gone = 2 ** 30
  expect(await isHolderGone(JSON.stringify([`${host}-2`, boot, '', gone, begun]))).toBe(false)
  expect(await isHolderGone(JSON.stringify([host, boot, 'pid:[1]', gone, begun]))).toBe(false)
  for (const text of ['', '[]', 'null', '["a","b","c","1","d"]']) expect(await isHolderGone(text)).toBe(false)
})

test('nothing outlives a start of its machine', async () => {
  const [host, , view, pid, begun] = JSON.parse(await holderOf()) as [string, string, string, number, string]
  expect(await isHolderGone(JSON.stringify([host, 'another', view, pid, begun]))).toBe(true)
})
