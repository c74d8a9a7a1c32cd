// The script that a command of prepare is run by, here on this machine: two of one command never run at the same time.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import stepScript from '../../../src/cli/applying/prepare-step.sh'
import { until } from '../../e2e/support/until.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

let folder: string
let calls: Call[]

beforeEach(() => {
  folder = temporaryFolder('prepare-step')
  calls = []
})
afterEach(async () => {
  for (const call of calls) await call.kill()
})

/** One that writes down when it begins and ends, and ends with the number in this file once it is there. */
const gated = (gate: string): string =>
  `echo begin >>log; while [ ! -e ${gate} ]; do sleep 0.02 || :; done; echo end >>log; exit $(cat ${gate})`

class Call {
  output = ''
  readonly process: ChildProcess
  private readonly ended: Promise<unknown>

  constructor(what: string, run: string) {
    const script = stepScript.replace('/run/sbx/sessions', folder)
    this.process = spawn('/bin/sh', ['-c', script, 'sh', what, run], { cwd: folder, detached: true })
    this.process.stdout?.on('data', (piece: Buffer) => (this.output += piece.toString()))
    this.ended = once(this.process, 'close')
    calls.push(this)
  }

  async code(): Promise<number | null> {
    await this.ended
    return this.process.exitCode
  }

  async prints(text: string): Promise<void> {
    await until(
      async () => this.output.includes(text),
      () => `it printed ${this.output}`,
    )
  }

  async kill(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) process.kill(-this.process.pid!, 'SIGKILL')
    await this.ended
  }
}

function log(): string[] {
  const file = join(folder, 'log')
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
}

async function begun(): Promise<Call> {
  const first = new Call('npm-1', gated('gate'))
  await until(
    async () => log().length > 0,
    () => 'it has not begun',
  )
  return first
}

function open(gate: string, code: number): void {
  writeFileSync(join(folder, `${gate}.new`), String(code))
  spawn('mv', [`${gate}.new`, gate], { cwd: folder })
}

test('what it prints and its exit code are those of the command, and one after the other each runs', async () => {
  for (const code of [0, 0, 3]) {
    const call = new Call('npm-1', `echo out; echo err >&2; exit ${code}`)
    expect(await call.code()).toBe(code)
    expect(call.output).toBe('out\nerr\n')
  }
  const strict = new Call('npm-1', 'false; echo on')
  expect([await strict.code(), strict.output]).toEqual([1, ''])
})

test('one that runs already is waited for, and where it ends well it is not run again', async () => {
  const first = await begun()
  const others = [new Call('npm-1', gated('gate')), new Call('npm-1', gated('gate'))]
  for (const other of others) await other.prints('sbx: this command runs already, begun by another call')
  expect(log()).toEqual(['begin'])
  open('gate', 0)
  expect(await Promise.all([first, ...others].map(async (call) => call.code()))).toEqual([0, 0, 0])
  for (const { output } of others) {
    expect(output).toContain('sbx: it has ended well there, and does not run again\n')
    expect(output.split('\n').filter((line) => line.startsWith('sbx:') && line.length > 70)).toEqual([])
  }
  expect(log()).toEqual(['begin', 'end'])
})

test('where it does not end well it runs again, and not before', async () => {
  const first = await begun()
  const second = new Call('npm-1', 'cat log; echo again')
  await second.prints('waiting until it has ended\n')
  open('gate', 4)
  expect([await first.code(), await second.code()]).toEqual([4, 0])
  expect(second.output).toMatch(/it has not ended well there, and runs again\nbegin\nend\nagain\n$/)
})

test('another command, and the same one that goes by other files, is waited for and then runs', async () => {
  const first = await begun()
  const others = ['make-1', 'npm-2'].map((what) => new Call(what, `cat log; echo ${what}`))
  for (const other of others) await other.prints('sbx: another command of prepare runs already')
  open('gate', 0)
  expect(await Promise.all([first, ...others].map(async (call) => call.code()))).toEqual([0, 0, 0])
  expect(others.map(({ output }) => output.split('\n').slice(-4, -1))).toEqual([
    ['begin', 'end', 'make-1'],
    ['begin', 'end', 'npm-2'],
  ])
})

test('of many at once one runs', async () => {
  const many = Array.from({ length: 8 }, () => new Call('npm-1', gated('gate')))
  await until(
    async () => many.filter(({ output }) => output.includes('runs already')).length === 7,
    () => many.map(({ output }) => output).join(),
  )
  open('gate', 0)
  expect(await Promise.all(many.map(async (call) => call.code()))).toEqual(many.map(() => 0))
  expect(log()).toEqual(['begin', 'end'])
})

test('one that is told to end is waited for as long as its command takes to', async () => {
  const first = new Call('npm-1', `trap 'echo asked >>log' TERM; ${gated('gate')}`)
  await until(
    async () => log().length > 0,
    () => 'it has not begun',
  )
  process.kill(-first.process.pid!, 'SIGTERM')
  await until(
    async () => log().includes('asked'),
    () => 'it was not asked',
  )
  const second = new Call('npm-1', 'echo again')
  await second.prints('this command runs already')
  open('gate', 5)
  expect([await first.code(), await second.code()]).toEqual([5, 0])
  expect(second.output).toContain('\nagain\n')
})

test('one that was killed with all it ran is nobody’s, also where its number is another’s by now', async () => {
  const first = await begun()
  await first.kill()
  const second = new Call('npm-1', 'echo again')
  expect([await second.code(), second.output]).toEqual([0, 'again\n'])
  // This process has that number, and began at another time.
  writeFileSync(join(folder, 'prepare/3'), `${process.pid} 1 npm-1\n`)
  const third = new Call('npm-1', 'echo again')
  expect([await third.code(), third.output]).toEqual([0, 'again\n'])
})

test('where nothing can be written down it does not run', async () => {
  writeFileSync(join(folder, 'prepare'), 'a file')
  const call = new Call('npm-1', 'echo again')
  expect(await call.code()).toBe(1)
  expect(call.output).not.toContain('again')
})
