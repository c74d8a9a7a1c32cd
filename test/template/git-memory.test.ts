import { spawnSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withMemory } from '../../src/template/git-memory.js'
import { temporaryFolder } from '../support/temporary-folder.js'

test('git and what it starts have no more than they are given, all of them and for each piece', () => {
  const folder = temporaryFolder('git-memory')
  const git = join(folder, 'git')
  writeFileSync(git, '#!/bin/sh\nulimit -d\necho "$GIT_ALLOC_LIMIT" "$@"\n')
  chmodSync(git, 0o755)
  const said = (most: number | undefined): string => {
    const { file, args, env } = withMemory(['a b', '"'], most)
    return spawnSync(file, args, { env: { PATH: `${folder}:${process.env['PATH'] ?? ''}`, ...env } }).stdout.toString()
  }
  const limit = said(undefined).split('\n')[0] ?? ''
  expect(said(undefined)).toBe(`${limit}\n a b "\n`)
  expect(said(512 * 1024 ** 2)).toBe(`524288\n268435456 a b "\n`)
})
