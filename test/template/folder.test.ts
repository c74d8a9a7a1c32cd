import { execFileSync } from 'node:child_process'
import { chmodSync, rmSync, truncateSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readTemplateFolder } from '../../src/template/folder.js'
import { codesOf, diagnosticsOf, folder, write } from './fixture.js'

const files = {
  Dockerfile: 'FROM debian:bookworm\nCOPY . /opt/x\n',
  'a/run.sh': { text: 'echo\n', mode: 0o755 },
  'a/data.txt': 'one\n',
  link: { link: '/etc/passwd' },
} as const

const digestOf = (path: string): string => readTemplateFolder(path).digest

describe('the digest', () => {
  test('is that of the content, wherever and whenever it was written', () => {
    const one = folder(files)
    const other = folder(Object.fromEntries(Object.entries(files).reverse()))
    utimesSync(join(other, 'a/data.txt'), 1, 1)
    chmodSync(join(other, 'a/data.txt'), 0o640)
    expect(digestOf(other)).toBe(digestOf(one))
  })

  test.each<readonly [string, (path: string) => void]>([
    ['a content', (path) => write(join(path, 'a/data.txt'), 'two\n')],
    ['the Dockerfile', (path) => write(join(path, 'Dockerfile'), 'FROM debian:bookworm\n')],
    ['an executable bit', (path) => chmodSync(join(path, 'a/run.sh'), 0o644)],
    ['a new file', (path) => write(join(path, 'a/new'), '')],
    ['a description', (path) => write(join(path, 'template.yaml'), 'agent: x\ncommand: [x]\n')],
    [
      'a file become a link',
      (path) => {
        rmSync(join(path, 'a/data.txt'))
        write(join(path, 'a/data.txt'), { link: 'run.sh' })
      },
    ],
    [
      'where a link points',
      (path) => {
        rmSync(join(path, 'link'))
        write(join(path, 'link'), { link: '/etc/shadow' })
      },
    ],
  ])('changes with %s', (_, change) => {
    const path = folder(files)
    const before = digestOf(path)
    change(path)
    expect(digestOf(path)).not.toBe(before)
  })

  test('does not change with what .dockerignore names', () => {
    const path = folder({ ...files, '.dockerignore': 'cache\n*.log\n!kept.log\n' })
    const before = digestOf(path)
    write(join(path, 'cache/x'), 'x')
    write(join(path, 'a.log'), 'x')
    expect(digestOf(path)).toBe(before)
    write(join(path, 'kept.log'), 'x')
    expect(digestOf(path)).not.toBe(before)
  })
})

test('a link stays a link, so that nothing outside the folder gets into the image', () => {
  const read = readTemplateFolder(folder(files))
  expect(read.files.link).toEqual({ mode: 0o777, link: '/etc/passwd' })
  expect(Object.keys(read.files).sort()).toEqual(['a/data.txt', 'a/run.sh', 'link'])
  expect(read.files['a/run.sh']).toMatchObject({ mode: 0o755 })
})

test('a link in place of the folder is told as the folder it leads to, which needs a yes of its own', () => {
  const files = { Dockerfile: 'FROM localhost/sbx-base\n' }
  const real = folder(files)
  const { path } = readTemplateFolder(join(folder({ template: { link: real } }), 'template'))
  expect(path).toBe(real)
})

test('an exception reaches into a folder that is ignored', () => {
  const path = folder({ ...files, '.dockerignore': 'a\n!a/data.txt\n' })
  expect(Object.keys(readTemplateFolder(path).files).sort()).toEqual(['.dockerignore', 'a/data.txt', 'link'])
})

test('Dockerfile and template.yaml are part of it whatever .dockerignore says', () => {
  const path = folder({ ...files, '.dockerignore': '*\n', 'template.yaml': 'agent: x\n' })
  const read = readTemplateFolder(path)
  expect(read.dockerfile).toBe(files.Dockerfile)
  expect(read.descriptor).toBe('agent: x\n')
})

describe('what is not a template says so', () => {
  const at = { file: '/p/sandbox.yaml', line: 1, column: 1 }
  test.each<readonly [string, () => string]>([
    ['template/no-folder', () => join(folder({}), 'missing')],
    ['template/no-folder', () => join(folder({ file: '' }), 'file')],
    ['template/no-folder', () => join(folder({ file: '' }), 'file/beneath')],
    ['template/no-dockerfile', () => folder({ 'x.txt': '' })],
    ['template/no-dockerfile', () => folder({ Dockerfile: { link: '/etc/passwd' } })],
    ['template/unreadable', () => folder({ ...files, 'template.yaml': { link: '/etc/passwd' } })],
    [
      'template/unreadable',
      () => {
        const path = folder(files)
        execFileSync('mkfifo', [join(path, 'pipe')])
        return path
      },
    ],
  ])('%s', async (code, make) => {
    const diagnostics = await diagnosticsOf(() => readTemplateFolder(make(), at))
    expect(diagnostics).toMatchObject([{ code, at }])
  })

  test('template/too-large, by size and by number, unless it is ignored', async () => {
    const large = folder(files)
    write(join(large, 'weights'), '')
    truncateSync(join(large, 'weights'), 65 * 1024 * 1024)
    expect(await codesOf(() => readTemplateFolder(large))).toEqual(['template/too-large'])
    write(join(large, '.dockerignore'), 'weights')
    expect(Object.keys(readTemplateFolder(large).files)).toContain('a/data.txt')

    const many = folder({ ...files, ...Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`many/${n}`, ''])) })
    expect(await codesOf(() => readTemplateFolder(many))).toEqual(['template/too-large'])
  })
})
