import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packageFolder, thirdPartyNotices } from '../../scripts/notices.mjs'

describe('third-party notices', () => {
  let root: string
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'sbx-notices-'))
  })
  afterEach(async () => {
    await rm(root, { recursive: true })
  })

  async function addPackage(folder: string, description: object, licence?: string): Promise<void> {
    await mkdir(join(root, folder), { recursive: true })
    await writeFile(join(root, folder, 'package.json'), JSON.stringify({ version: '1.2.3', ...description }))
    if (licence !== undefined) await writeFile(join(root, folder, 'LICENSE.md'), licence)
  }

  it('hold name, version and licence of each bundled package once, and none of our own files', async () => {
    await addPackage('node_modules/a', { name: 'a', license: 'MIT' }, 'licence of a')
    await addPackage('node_modules/a/node_modules/@b/c', { name: '@b/c', licenses: [{ type: 'BSD' }] }, 'licence of c')
    const inputs = [
      'src/main.ts',
      'node_modules/a/x.js',
      'node_modules/a/y.js',
      'node_modules/a/node_modules/@b/c/z.js',
    ]
    const text = await thirdPartyNotices(root, inputs)
    expect(text.split(`\n${'-'.repeat(80)}\n\n`).slice(1)).toEqual([
      'a 1.2.3 (MIT)\n\nlicence of a\n',
      '@b/c 1.2.3 (BSD)\n\nlicence of c\n',
    ])
  })

  it('write out the licence of a package that only names it and its author', async () => {
    await addPackage('node_modules/a', { name: 'a', license: 'ISC', author: { name: 'A. Author' } })
    const text = await thirdPartyNotices(root, ['node_modules/a/x.js'])
    expect(text).toContain('Copyright (c) A. Author\n\nPermission to use')
  })

  it('fail for a package whose licence cannot be told', async () => {
    await addPackage('node_modules/a', { name: 'a', license: 'SEE ELSEWHERE', author: 'A' })
    await expect(thirdPartyNotices(root, ['node_modules/a/x.js'])).rejects.toThrow(
      'a 1.2.3 is bundled and has no licence',
    )
  })
})

describe('the package a file belongs to', () => {
  it.each([
    ['src/main.ts', null],
    ['node_modules/a/lib/x.js', 'node_modules/a'],
    ['node_modules/@a/b/lib/x.js', 'node_modules/@a/b'],
    ['node_modules/a/node_modules/b/x.js', 'node_modules/a/node_modules/b'],
  ])('of %s is %s', (file, folder) => {
    expect(packageFolder(file)).toBe(folder)
  })
})
