// The user's own command for the end of a session is read as their policy is: whole, theirs, and of nobody else.

import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readNotify } from '../../src/config/notify.js'
import { DiagnosticError, type Diagnostic } from '../../src/model/diagnostic.js'
import { temporaryFolder } from '../support/temporary-folder.js'

function userWith(text: string | null, uid = process.getuid?.() ?? 0) {
  const home = temporaryFolder('notify')
  const configFolder = join(home, '.config/sbx')
  mkdirSync(configFolder, { recursive: true })
  const file = join(configFolder, 'notify.yaml')
  if (text !== null) writeFileSync(file, text, { mode: 0o600 })
  return { home, file, configFolder, read: () => readNotify({ configFolder, home, uid }) }
}

function problemsOf(read: () => unknown): readonly Pick<Diagnostic, 'code' | 'at' | 'detail'>[] {
  try {
    read()
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics
    throw error
  }
  return []
}

test('where there is none, nothing is said', () => {
  expect(userWith(null).read()).toBeNull()
})

test('the words of the command are as they are written, and no shell reads them', () => {
  const { file, read } = userWith('command: [notify-send, "sbx: $SBX_SANDBOX", "~", ""]\n')
  expect(read()).toEqual({ file, command: ['notify-send', 'sbx: $SBX_SANDBOX', '~', ''] })
})

test('~ before the program is the home', () => {
  const { home, read } = userWith('command: [~/bin/done]\n')
  expect(read()?.command).toEqual([join(home, 'bin/done')])
})

test.each([
  ['a text', 'command: notify-send sbx\n', 10],
  ['nothing in it', 'command: []\n', 10],
  ['no command', 'commnd: [x]\n', 9],
  ['a list alone', '[x]\n', 1],
  ['a number in it', 'command: [x, 1]\n', 14],
  ['a program of the folder that it is run in', 'command: [./done]\n', 11],
  ['a program without a name', 'command: [""]\n', 11],
])('%s is refused where it is written', (_, text, column) => {
  const problems = problemsOf(userWith(text).read)
  expect(problems[0]).toMatchObject({ code: 'notify/invalid', at: { line: 1, column } })
})

test('a file that others own or can write is not read, nor one that leads elsewhere or has another name', () => {
  const foreign = userWith('command: [x]\n', 4_242_424)
  if (process.getuid?.() !== 0) expect(problemsOf(foreign.read)).toMatchObject([{ code: 'config/foreign-file' }])
  const open = userWith('command: [x]\n')
  chmodSync(open.file, 0o622)
  expect(problemsOf(open.read)).toMatchObject([{ code: 'notify/writable' }])
  const link = userWith(null)
  symlinkSync('/etc/passwd', link.file)
  expect(problemsOf(link.read)).toMatchObject([{ code: 'config/unreadable' }])
  const other = userWith(null)
  writeFileSync(join(other.configFolder, 'notify.yml'), 'command: [x]\n')
  expect(problemsOf(other.read)).toMatchObject([{ code: 'config/wrong-name' }])
})
