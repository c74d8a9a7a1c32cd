// What runs in a clone for `sbx fetch --wip` and `sbx push`, here in a repository beside the test.

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import moveScript from '../../../src/cli/clone/move-forward.sh'
import initScript from '../../../src/cli/clone/seed-init.sh'
import wipScript from '../../../src/cli/clone/wip.sh'
import { TestRepository } from '../support/repository.js'

let clone: TestRepository

beforeEach(() => {
  clone = new TestRepository()
  clone.write('one\n', 'file')
  clone.write('ignored\n', '.gitignore')
  clone.commit()
  clone.git('checkout', '--quiet', '-b', 'sbx/web')
})

function run(script: string, ...args: readonly string[]): string {
  return execFileSync('/bin/sh', ['-c', script, 'sbx', ...args], { cwd: clone.folder, env: clone.env, stdio: 'pipe' })
    .toString()
    .trim()
}

describe('what is not committed', () => {
  const index = (): Buffer => readFileSync(join(clone.folder, '.git/index'))

  test('is a commit after the branch, which stays as it is, as its index does', () => {
    const { head } = clone
    clone.write('two\n', 'file')
    clone.git('add', 'file')
    clone.write('three\n', 'file')
    clone.write('new\n', 'sub/new')
    clone.write('secret\n', 'ignored')
    const before = [index(), clone.git('status', '--porcelain')]
    const made = run(wipScript, 'Not committed in web')
    expect([index(), clone.git('status', '--porcelain')]).toEqual(before)
    expect(clone.head).toBe(head)
    expect(clone.git('rev-parse', 'refs/sbx/wip', 'refs/sbx/wip^')).toBe(`${made}\n${head}`)
    expect(clone.git('show', `${made}:file`)).toBe('three')
    expect(clone.git('ls-tree', '-r', '--name-only', made).split('\n')).toEqual(['.gitignore', 'file', 'sub/new'])
    expect(clone.git('log', '-1', '--format=%an: %s', made)).toBe('sbx: Not committed in web')
    expect(readdirSync(join(clone.folder, '.git')).filter((name) => name.includes('sbx'))).toEqual([])
    // Nothing new, nothing to fetch.
    expect(run(wipScript, 'Not committed in web')).toBe(made)
  })

  test('is by who commits there', () => {
    clone.write('two\n', 'file')
    clone.git('config', 'user.name', 'Ada')
    clone.git('config', 'user.email', 'ada@x')
    expect(clone.git('log', '-1', '--format=%an', run(wipScript, 'x'))).toBe('Ada')
  })

  test('is nothing where everything is committed', () => {
    clone.write('two\n', 'file')
    run(wipScript, 'x')
    clone.commit()
    expect(run(wipScript, 'x')).toBe('')
    expect(clone.git('for-each-ref', 'refs/sbx')).toBe('')
  })

  test('is told also of a file that was changed in the second in which the index was written', () => {
    const at = (path: string): void => utimesSync(join(clone.folder, path), 1_700_000_000, 1_700_000_000)
    // No test sets it.
    clone.git('config', 'core.trustctime', 'false')
    clone.write('1st\n', 'file')
    at('file')
    clone.commit()
    clone.write('2nd\n', 'file')
    at('file')
    at('.git/index')
    expect(clone.git('show', `${run(wipScript, 'x')}:file`)).toBe('2nd')
  })

  test('is told also where there is no index', () => {
    clone.git('rm', '--quiet', '--cached', '-r', '.')
    execFileSync('rm', [join(clone.folder, '.git/index')])
    writeFileSync(join(clone.folder, 'more'), 'x')
    expect(clone.git('ls-tree', '--name-only', run(wipScript, 'x')).split('\n')).toContain('more')
  })
})

describe('the branch of the clone', () => {
  const host = 'refs/remotes/host/main'

  function hostAhead(): string {
    const id = clone.git('commit-tree', '-m', 'theirs', '-p', 'HEAD', 'HEAD^{tree}')
    clone.git('update-ref', host, id)
    return id
  }

  test('moves forward where nothing is lost', () => {
    const id = hostAhead()
    expect(run(moveScript, 'sbx/web', host)).toBe('moved')
    expect(clone.head).toBe(id)
    expect(run(moveScript, 'sbx/web', host)).toBe('same')
  })

  test.each<readonly [string, string, () => void]>([
    ['it has commits of its own', 'apart', () => clone.commit()],
    ['something is not committed', 'changed', () => clone.write('x', 'new')],
    ['the agent is on another', 'elsewhere', () => clone.git('checkout', '--quiet', '-b', 'other')],
    ['the agent is on none', 'elsewhere', () => clone.git('checkout', '--quiet', '--detach')],
  ])('stays where %s', (_, told, change) => {
    hostAhead()
    change()
    const { head } = clone
    expect(run(moveScript, 'sbx/web', host)).toBe(told)
    expect(clone.head).toBe(head)
  })

  test('stays where the host’s is not ahead of it, or is not there', () => {
    expect(run(moveScript, 'sbx/web', host)).toBe('same')
    clone.git('update-ref', host, 'HEAD')
    clone.commit()
    expect(run(moveScript, 'sbx/web', host)).toBe('same')
  })
})

describe('a clone that is filled already', () => {
  const branches = (): readonly string[] =>
    clone
      .git('branch', '--format=%(HEAD)%(refname:short)')
      .split('\n')
      .map((line) => line.trim())
  const init = (): string => run(initScript, 'sbx/api', 'sha1')

  test('has its branch by the name of the sandbox that adopts it, whatever it is on', () => {
    const { head } = clone
    clone.write('two\n', 'file')
    expect(init()).toBe('filled')
    expect(branches()).toEqual(['main', '*sbx/api'])
    expect([clone.head, clone.git('status', '--porcelain')]).toEqual([head, 'M file'])
    clone.git('switch', '--quiet', 'main')
    clone.git('branch', '-m', 'sbx/api', 'sbx/web')
    expect(init()).toBe('filled')
    expect(branches()).toEqual(['*main', 'sbx/api'])
  })

  test('keeps its branches where it has its own, or nobody knows which it is', () => {
    for (const more of ['sbx/api', 'sbx/other']) {
      clone.git('branch', more)
      expect(init()).toBe('filled')
      expect(branches()).toEqual(['main', more, '*sbx/web'])
      clone.git('branch', '-D', more)
    }
  })
})
