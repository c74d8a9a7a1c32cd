// The log of a kept session: how it is written in pieces, read while it is, and read afterwards.

import { spawn, spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { followKept, isKeptId, keptOf, readKeptLog } from '../../../src/engine/session/kept-log.js'
import wrapperScript from '../../../src/engine/session/kept-wrapper.sh'
import type { ArchiveEntry } from '../../../src/model/archive.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

const id = '6921b3a0ff'

/** A folder with a program `tmux`, and what a script runs with. */
function withTmux(script: string): { readonly folder: string; readonly env: Record<string, string> } {
  const folder = temporaryFolder('kept-log')
  mkdirSync(join(folder, 'bin'))
  writeFileSync(join(folder, 'bin/tmux'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return { folder, env: { PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}` } }
}

/** The program that is given the log, as the wrapper starts it. */
function logProgram(history: string): string {
  const { folder, env } = withTmux('case $3 in pipe-pane) printf %s "$7" >"${0%/*}/program" ;; esac')
  const argv = { SBX_ARGUMENTS: '1', SBX_ARGUMENT_0: 'true' }
  const run = spawnSync('/bin/sh', ['-c', wrapperScript, 'sbx', folder, history], { env: { ...env, ...argv } })
  expect(run.status).toBe(0)
  return readFileSync(join(folder, 'bin/program'), 'utf8')
}

const sizes = (history: string) =>
  Object.fromEntries(
    readdirSync(history)
      .filter((name) => name.startsWith('log.'))
      .map((name) => [name, statSync(join(history, name)).size]),
  )

test('a log has three pieces at most, and its end, however little comes at a time', async () => {
  const history = temporaryFolder('history')
  const program = spawn('/bin/sh', ['-c', logProgram(history)], { stdio: ['pipe', 'inherit', 'inherit'] })
  const ended = new Promise((resolve) => program.once('close', resolve))
  // More pieces than are read before a look at the size, and each read by itself.
  let length = 0
  for (let line = 0; line < 600; line++) {
    length += `line ${line}\n`.length
    program.stdin.write(`line ${line}\n`)
    while (line % 50 === 0 && (sizes(history)['log.new'] ?? 0) < length) await new Promise(setImmediate)
  }
  const block = 'x'.repeat(1023) + '\n'
  program.stdin.end(block.repeat(8 * 1024))
  await ended
  const left = sizes(history)
  expect(Object.keys(left).sort()).toEqual(['log.end', 'log.now', 'log.old'])
  expect(Math.max(...Object.values(left))).toBeLessThanOrEqual(2 * 1024 * 1024)
  expect(left['log.old']).toBeGreaterThanOrEqual(1024 * 1024)
})

test('of a few small pieces none is dropped', async () => {
  const history = temporaryFolder('history')
  const program = spawn('/bin/sh', ['-c', logProgram(history)], { stdio: ['pipe', 'inherit', 'inherit'] })
  const ended = new Promise((resolve) => program.once('close', resolve))
  const lines = Array.from({ length: 2_000 }, (_, line) => `line ${line}\n`)
  for (const line of lines) {
    program.stdin.write(line)
    await new Promise(setImmediate)
  }
  program.stdin.end()
  await ended
  expect(readdirSync(history)).toContain('log.end')
  expect(readFileSync(join(history, 'log.end'), 'utf8')).toBe(lines.join(''))
})

/** The script that follows, on a folder of ours; it takes the session to run while `alive` is there. */
function following(history: string) {
  const { folder, env } = withTmux('[ -e "$2" ]')
  const [shell = '', ...argv] = followKept(id).argv
  const alive = join(folder, 'alive')
  writeFileSync(alive, '')
  const program = spawn(shell, [...argv.slice(0, -2), history, alive], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  program.stdout.on('data', (piece: Buffer) => (output += piece.toString()))
  const ended = new Promise((resolve) => program.once('close', resolve))
  const until = async (text: string): Promise<void> => {
    while (!output.includes(text)) await new Promise((resolve) => program.stdout.once('data', resolve))
  }
  return { alive, until, ended, output: () => output }
}

test('what is written is followed through its pieces to the end', async () => {
  const history = temporaryFolder('history')
  const at = (name: string) => join(history, `log.${name}`)
  writeFileSync(at('old'), 'one\n')
  writeFileSync(at('now'), 'two\n')
  writeFileSync(at('new'), 'three\n')
  const { alive, until, ended, output } = following(history)
  await until('three\n')
  appendFileSync(at('new'), 'four\n')
  await until('four\n')
  appendFileSync(at('new'), 'five\n')
  renameSync(at('new'), at('now'))
  writeFileSync(at('new'), 'six\n')
  await until('six\n')
  rmSync(alive)
  appendFileSync(at('new'), 'seven\n')
  renameSync(at('new'), at('end'))
  await ended
  expect(output()).toBe('one\ntwo\nthree\nfour\nfive\nsix\nseven\n')
})

test('following one that is over, and one of which there is nothing yet, comes to an end', async () => {
  const history = temporaryFolder('history')
  writeFileSync(join(history, 'log.end'), 'all of it\n')
  const over = following(history)
  await over.ended
  expect(over.output()).toBe('all of it\n')

  const empty = temporaryFolder('history')
  const beginning = following(empty)
  writeFileSync(join(empty, 'log.new'), 'first\n')
  await beginning.until('first\n')
  renameSync(join(empty, 'log.new'), join(empty, 'log.end'))
  await beginning.ended
  expect(beginning.output()).toBe('first\n')
})

type Given = Partial<ArchiveEntry> & { readonly path: string; readonly text?: string }

/** An engine that has these entries in whatever is asked for. */
function having(...given: readonly Given[]) {
  const asked: string[] = []
  let read = 0
  async function* readArchive(_: string, path: string): AsyncIterable<ArchiveEntry> {
    asked.push(path)
    for (const { text = '', ...entry } of given) {
      read += 1
      yield await Promise.resolve({
        ...{ kind: 'file', mode: 0o600, uid: 1, gid: 1, size: text.length, modifiedAt: 0, target: null },
        content: Readable.from(text === '' ? [] : [Buffer.from(text)]),
        ...entry,
      })
    }
  }
  return { readArchive, asked, read: () => read }
}

test('of a session that was all pieces are read in their order, and nothing else', async () => {
  const engine = having(
    { path: '', kind: 'folder' },
    { path: 'code', text: '0\n' },
    { path: 'log.end', text: 'd' },
    { path: 'log.new', kind: 'link', target: '/etc/shadow' },
    { path: 'log.now', text: 'c' },
    { path: 'log.old', text: 'b' },
    { path: 'x/log.old', text: 'x' },
  )
  expect(Buffer.from((await readKeptLog(engine, 'c', id)) ?? []).toString()).toBe('bcd')
  expect(engine.asked).toEqual([`/home/agent/.local/state/sbx/sessions/${id}`])
  expect(await readKeptLog(having(), 'c', id)).toBeNull()
})

test('whatever the agent put there, no more is read than eight mebibytes', async () => {
  const engine = having(
    { path: '', kind: 'folder' },
    { path: 'log.new', size: 9 * 1024 ** 2, content: Readable.from([Buffer.from('huge')]) },
    { path: 'log.now', text: 'ok' },
  )
  expect(Buffer.from((await readKeptLog(engine, 'c', id)) ?? []).toString()).toBe('ok')
  const many = having(...Array.from({ length: 1_000 }, (_, at) => ({ path: `f${at}` })))
  expect(await readKeptLog(many, 'c', id)).toHaveLength(0)
  expect(many.read()).toBeLessThan(110)
})

/** An entry of which all would have to be read before the next one comes; and whether that was begun. */
function endless(path: string): { readonly entry: Given; readonly isRead: () => boolean } {
  let isRead = false
  const content = Object.assign(Readable.from([]), { resume: () => (isRead = true) })
  return { entry: { path, size: 2 ** 40, content }, isRead: () => isRead }
}

test('what is passed over is not read without end', async () => {
  const { entry, isRead } = endless('junk')
  const engine = having({ path: '', kind: 'folder' }, { path: 'log.end', text: 'ok' }, entry, { path: 'more' })
  expect(Buffer.from((await readKeptLog(engine, 'c', id)) ?? []).toString()).toBe('ok')
  expect([isRead(), engine.read()]).toEqual([false, 3])
  const several = Array.from({ length: 20 }, (_, at) => ({ path: `f${at}`, size: 10 * 1024 ** 2 }))
  const large = having(...several)
  await readKeptLog(large, 'c', id)
  expect(large.read()).toBeLessThan(10)
})

test('where more lies among the sessions than they leave, which is the newest is not told', async () => {
  const { entry, isRead } = endless('junk')
  const refused = { diagnostics: [{ code: 'session/not-told' }] }
  await expect(keptOf(having({ path: id, kind: 'folder' }, entry), 'c')).rejects.toMatchObject(refused)
  expect(isRead()).toBe(false)
  const many = having(...Array.from({ length: 20_000 }, (_, at) => ({ path: `f${at}` })))
  await expect(keptOf(many, 'c')).rejects.toMatchObject(refused)
})

test('sessions of a container that is stopped are the folders with a name that is an id', async () => {
  const folder = (path: string): Given => ({ path, kind: 'folder' })
  const engine = having(folder(''), folder('6921b3a1aa'), folder(id), folder('..'), folder('x\u001b[2J'), { path: 'a' })
  expect((await keptOf(engine, 'c')).map((kept) => kept.id)).toEqual([id, '6921b3a1aa'])
  expect((await keptOf(engine, 'c'))[0]).toMatchObject({ state: 'lost', startedAt: 0x6921b3a0, endedAt: null })
  expect(['6921b3a0f', '6921b3a0fF', '../../etc', ''].filter(isKeptId)).toEqual([])
})

test('of such a session it is told what ran and how it ended', async () => {
  const file = (name: string, text: string): Given => ({ path: `${id}/${name}`, text })
  const all = [{ path: id, kind: 'folder' } as const, file('code', '999\n'), file('program', 'claude\nx')]
  expect(await keptOf(having(...all), 'c')).toMatchObject([{ state: 'ended', exitCode: 255, program: 'claude' }])
  const large = having(...all.slice(0, 1), file('program', 'x'.repeat(5000)), file('deeper/code', '1\n'))
  expect(await keptOf(large, 'c')).toMatchObject([{ state: 'lost', exitCode: null, program: '' }])
  expect(await keptOf(having(file('code', '1\n')), 'c')).toEqual([])
})
