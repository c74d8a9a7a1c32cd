import { expect, test } from 'vitest'
import { newRunning, readGitSettings, type GitSettings } from '../../src/resolve/git-settings.js'

const env = { PATH: process.env.PATH }
async function parsed(text: string): Promise<GitSettings> {
  const settings = await readGitSettings(text, env)
  if (settings === null || settings === 'ended') throw new Error('git says nothing')
  return settings
}

test.each([
  ['[core]\n fsmonitor = touch x', 'core.fsmonitor = touch x'],
  ['[core]\n hooksPath = .githooks', 'core.hookspath = .githooks'],
  ['[core]\n sshCommand = evil', 'core.sshcommand = evil'],
  ['[core]\n pager = evil', 'core.pager = evil'],
  ['[core]\n editor = evil', 'core.editor = evil'],
  ['[core]\n gitProxy = evil', 'core.gitproxy = evil'],
  ['[core]\n worktree = /', 'core.worktree = /'],
  ['[alias]\n st = !evil', 'alias.st = !evil'],
  ['[filter "a.b"]\n clean = evil', 'filter.a.b.clean = evil'],
  ['[filter "x"]\n process = evil', 'filter.x.process = evil'],
  ['[diff "x"]\n textconv = evil', 'diff.x.textconv = evil'],
  ['[diff]\n external = evil', 'diff.external = evil'],
  ['[merge "x"]\n driver = evil', 'merge.x.driver = evil'],
  ['[credential]\n helper = evil', 'credential.helper = evil'],
  ['[credential "https://x"]\n helper = evil', 'credential.https://x.helper = evil'],
  ['[gpg "ssh"]\n program = evil', 'gpg.ssh.program = evil'],
  ['[include]\n path = /tmp/x', 'include.path = /tmp/x'],
  ['[includeIf "gitdir:~/"]\n path = /tmp/x', 'includeif.gitdir:~/.path = /tmp/x'],
  ['[url "https://evil/"]\n insteadOf = https://good/', 'url.https://evil/.insteadof = https://good/'],
  ['[remote "o"]\n uploadpack = evil', 'remote.o.uploadpack = evil'],
  ['[remote "o"]\n url = ext::sh -c evil', 'remote.o.url = ext::sh -c evil'],
  ['[uploadpack]\n packObjectsHook = evil', 'uploadpack.packobjectshook = evil'],
  ['[protocol "ext"]\n allow = always', 'protocol.ext.allow = always'],
  ['[submodule "x"]\n update = !evil', 'submodule.x.update = !evil'],
  ['[submodule "x"]\n url = -uevil', 'submodule.x.url = -uevil'],
])('%j runs something', async (text, told) => {
  expect(newRunning(new Map(), await parsed(text))).toEqual([told])
})

test('what runs nothing is not told, and nothing twice', async () => {
  const text = '[core]\n bare = false\n[alias]\n st = status\n[user]\n name = x\n[remote "o"]\n url = https://x/y\n'
  expect(newRunning(new Map(), await parsed(text))).toEqual([])
  const running = await parsed('[core]\n fsmonitor = true\n')
  expect(newRunning(running, running)).toEqual([])
})

test('a value more, and a remote that leads elsewhere, are told', async () => {
  const before = await parsed('[credential]\n helper = store\n[remote "o"]\n url = https://good/\n')
  const after = await parsed('[credential]\n helper = store\n helper = evil\n[remote "o"]\n url = https://evil/\n')
  expect(newRunning(before, after)).toEqual(['credential.helper = evil', 'remote.o.url = https://evil/'])
})

test('includes are not followed', async () => {
  expect([...(await parsed('[include]\n path = /etc/gitconfig\n')).keys()]).toEqual(['include.path'])
})

test('what git does not understand, and a machine without git, have no settings', async () => {
  expect(await readGitSettings('[core\n', env)).toBeNull()
  expect(await readGitSettings(`[core\n${'x'.repeat(300_000)}`, env)).toBeNull()
  expect(await readGitSettings('', env, {}, '/nowhere/git')).toBeNull()
  expect(await readGitSettings('', env)).toEqual(new Map())
})
