// Commits of a clone come into a repository, both of which would run something wherever git reads their settings.

import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { withFolder } from '../../src/resolve/host-file.js'
import { readPlain } from '../../src/cli/host/read-plain.js'
import { fetchRefs, listFar, type FetchContext, type FetchedRef } from '../../src/template/git-fetch.js'
import { seedRepository } from '../../src/template/git-send.js'
import type { FarEnd } from '../../src/template/git-pipe.js'
import { bombAt } from './support/bomb.js'
import { farEnd } from './support/far-end.js'
import { PoisonedRepository } from './support/poisoned.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { codesOf, diagnosticsOf } from './fixture.js'

const branch = 'refs/heads/sbx/web'

let host: PoisonedRepository
let clone: PoisonedRepository
let known: Map<string, string>
/** What each test begins with. */
let first: { readonly host: PoisonedRepository; readonly clone: PoisonedRepository }

beforeAll(async () => {
  host = new PoisonedRepository()
  host.write('one\n', 'file')
  host.commit()
  clone = new PoisonedRepository()
  await seedRepository(folders(), host.head, { env: host.env, read: readPlain, far: farEnd(clone.folder) })
  clone.git('checkout', '--quiet', '-B', 'sbx/web', 'refs/sbx/seed')
  first = { host, clone }
})

beforeEach(() => {
  host = first.host.copy()
  clone = first.clone.copy()
  known = new Map()
})

function folders() {
  return { common: join(host.folder, '.git') }
}

async function fetch(
  more: Partial<FetchContext> & { readonly refs?: readonly string[] } = {},
): Promise<readonly FetchedRef[]> {
  const context: FetchContext = {
    env: host.env,
    read: readPlain,
    far: farEnd(clone.folder),
    inFolder: withFolder,
    known: (ref) => [known.get(ref) ?? ''],
    putBy: async () => Promise.resolve(null),
    remember: (moved) => {
      for (const [ref, id] of moved) known.set(ref, id)
      return Promise.resolve()
    },
    ...more,
  }
  const wanted = (more.refs ?? [branch]).map((ref) => ({ ref, from: ref }))
  return fetchRefs(folders(), wanted, await listFar(context), context)
}

function work(text: string): string {
  clone.write(`${text}\n`, 'file')
  clone.commit()
  return clone.head
}

function packs(): readonly string[] {
  const folder = join(host.folder, '.git/objects/pack')
  return existsSync(folder) ? readdirSync(folder).sort() : []
}

test('commits arrive on the branch, with who made them and a line in its log', async () => {
  const before = host.head
  const [one, two] = [work('two'), work('three')]
  host.poison()
  clone.poison()
  expect(await fetch()).toEqual([{ ref: branch, before: null, after: two, commits: 2, isForced: false }])
  expect([host.marks, clone.marks]).toEqual([[], []])
  // Of this repository git's own words can be asked for where it reads no settings.
  const log = readFileSync(join(host.folder, '.git/logs/refs/heads/sbx/web'), 'utf8')
  expect(log).toMatch(new RegExp(`^0{40} ${two} sbx <sbx@localhost> .*\tsbx fetch\n$`))
  writeFileSync(join(host.folder, '.git/config'), '')
  expect(host.git('log', '--format=%H %an', 'sbx/web')).toBe([two, one, before].map((id) => `${id} T`).join('\n'))
  expect(host.head).toBe(before)
  expect(host.git('fsck', '--full', '--no-dangling')).toBe('')
  expect(readdirSync(join(host.folder, '.git')).includes('FETCH_HEAD')).toBe(false)
})

test('a branch without a commit of its own is not made', async () => {
  expect(await fetch()).toEqual([])
  expect(existsSync(join(host.folder, '.git/refs/heads/sbx'))).toBe(false)
})

test('what is there is not fetched again, and what follows it is', async () => {
  const one = work('two')
  await fetch()
  const first = packs()
  expect(await fetch()).toEqual([])
  expect(packs()).toEqual(first)
  const two = work('three')
  expect(await fetch()).toEqual([{ ref: branch, before: one, after: two, commits: 1, isForced: false }])
  expect(packs()).toHaveLength(first.length + 2)
  expect(packs().every((name) => /^pack-[0-9a-f]{40}\.(?:pack|idx)$/.test(name))).toBe(true)
})

test('branches come together, or none does', async () => {
  const one = work('two')
  clone.git('branch', 'more')
  const two = work('three')
  const both = await fetch({ refs: [branch, 'refs/heads/more'] })
  expect(both.map(({ ref, after }) => [ref, after])).toEqual([[branch, two], ['refs/heads/more', one]]) // prettier-ignore
  host.git('checkout', '--quiet', 'more')
  clone.git('branch', '--force', 'more', work('four'))
  expect(await codesOf(() => fetch({ refs: [branch, 'refs/heads/more'] }))).toEqual(['clone/branch-checked-out'])
  expect(host.git('rev-parse', 'sbx/web')).toBe(two)
})

test('of more branches than are fetched at once none is', async () => {
  const id = work('two')
  const names = Array.from({ length: 20_000 }, (_, at) => `refs/heads/${'x'.repeat(100)}${at}`)
  const lines = names.sort().map((name) => `${id} ${name}\n`)
  writeFileSync(join(clone.folder, '.git/packed-refs'), lines.join(''))
  const [told] = await diagnosticsOf(() => fetch({ refs: names }))
  expect(told).toMatchObject({ code: 'clone/too-many-branches' })
  expect(told?.detail).toContain('20000')
  expect(packs()).toEqual([])
  expect((await fetch({ refs: [branch] })).map(({ after }) => after)).toEqual([id])
})

test('what was rewritten is taken where sbx has put the old one there, and else refused', async () => {
  work('two')
  await fetch()
  clone.git('commit', '--quiet', '--amend', '--message', 'other')
  const amended = clone.head
  expect(await fetch()).toMatchObject([{ after: amended, isForced: true, commits: 1 }])
  const own = host.git('commit-tree', '-m', 'mine', '-p', amended, `${amended}^{tree}`)
  host.git('update-ref', branch, own)
  const theirs = work('three')
  const [told] = await diagnosticsOf(() => fetch())
  expect(told).toMatchObject({ code: 'clone/branch-moved' })
  expect(told?.detail).toContain(own)
  expect(told?.detail).toContain(theirs)
  expect(host.git('rev-parse', branch)).toBe(own)
})

test('a branch that a further working tree is on is left', async () => {
  work('two')
  await fetch()
  host.git('worktree', 'add', '--quiet', join(host.home, 'tree'), 'sbx/web')
  // Nothing new: nothing to refuse.
  expect(await fetch()).toEqual([])
  work('three')
  await expect(fetch()).rejects.toMatchObject({
    diagnostics: [
      { code: 'clone/branch-checked-out', detail: expect.stringContaining(`(${join(host.home, 'tree')})`) as string },
    ],
  })
})

test.each(['refs/heads/sbx', 'refs/heads/sbx/web/more'])('%s is in the way, and is named', async (other) => {
  work('two')
  host.git('update-ref', other, 'HEAD')
  const before = packs()
  expect(await codesOf(() => fetch())).toEqual(['clone/branch-in-the-way'])
  expect(packs()).toEqual(before)
})

test('a branch that only names another one is not written through', async () => {
  work('two')
  const before = host.head
  host.git('symbolic-ref', branch, 'refs/heads/main')
  expect(await codesOf(() => fetch())).toEqual(['clone/branch-locked'])
  expect(host.git('rev-parse', 'main')).toBe(before)
})

test('a branch that only names one that is not there does not make that', async () => {
  const two = work('two')
  host.git('symbolic-ref', branch, 'refs/heads/planted')
  expect(await fetch()).toMatchObject([{ ref: branch, after: two }])
  expect(host.git('for-each-ref', '--format=%(refname) %(symref)', 'refs/heads').split('\n')).toEqual([
    'refs/heads/main ',
    'refs/heads/sbx/web',
  ])
})

test.each(['refs/heads/sbx', 'logs', 'refs'])('a repository whose %s is a link is not written in', async (name) => {
  const elsewhere = join(host.home, 'elsewhere')
  host.git('pack-refs', '--all')
  execFileSync('rm', ['-rf', join(host.folder, '.git', name)])
  mkdirSync(elsewhere)
  symlinkSync(elsewhere, join(host.folder, '.git', name))
  work('two')
  expect(await codesOf(() => fetch())).toEqual(['diff/no-objects'])
  expect(readdirSync(elsewhere)).toEqual([])
})

test('a fetch that ended between pack and branch is mended by the next', async () => {
  const one = work('two')
  const ended = (): Promise<void> => Promise.reject(new Error('killed'))
  await expect(fetch({ remember: ended })).rejects.toThrow('killed')
  const left = packs()
  expect(left).toHaveLength(2)
  expect(existsSync(join(host.folder, '.git/refs/heads/sbx'))).toBe(false)
  expect(await fetch()).toMatchObject([{ after: one, commits: 1 }])
  expect(packs()).toEqual(left)
})

test.each(['objects/info/alternates', 'shallow'])('into a repository with %s nothing is fetched', async (name) => {
  work('two')
  host.write(`${'a'.repeat(40)}\n`, `.git/${name}`)
  expect(await codesOf(fetch)).toEqual(['clone/borrowed-objects'])
  expect(packs()).toEqual([])
})

test('a branch that moves meanwhile is left', async () => {
  work('two')
  const remember = (): Promise<void> => {
    host.git('branch', 'sbx/web')
    return Promise.resolve()
  }
  expect(await codesOf(() => fetch({ remember }))).toEqual(['clone/branch-locked'])
  expect(host.git('rev-parse', 'sbx/web')).toBe(host.head)
})

test('a pipe that is cut leaves nothing', async () => {
  clone.write(randomBytes(200_000).toString('hex'), 'large')
  work('two')
  const before = packs()
  const far: FetchContext['far'] = (service, { input, output }, signal) => {
    let left = 100_000
    const cut = new PassThrough().on('data', (piece: Buffer) => {
      if (left > 0) output.write(piece)
      else output.end()
      left -= piece.length
    })
    return farEnd(clone.folder)(service, { input, output: cut.on('end', () => output.end()) }, signal)
  }
  expect(await codesOf(() => fetch({ far }))).toEqual(['clone/git-failed'])
  expect(packs()).toEqual(before)
})

describe('what no honest git makes', () => {
  function raw(type: string, content: Buffer): string {
    const args = ['hash-object', '-w', '-t', type, '--literally', '--stdin']
    return execFileSync('git', args, { cwd: clone.folder, env: clone.env, input: content }).toString().trim()
  }

  function tree(mode: string, name: string, id: string): string {
    return raw('tree', Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]))
  }

  const blob = (text: string): string => raw('blob', Buffer.from(text))

  test.each<readonly [string, () => string]>([
    ['a name above', () => tree('100644', '..', blob('x'))],
    ['git’s own folder', () => tree('40000', '.git', tree('100644', 'config', blob('x')))],
    ['git’s own folder in capitals', () => tree('40000', '.GIT', tree('100644', 'config', blob('x')))],
    ['git’s own folder as NTFS has it', () => tree('40000', 'git~1', tree('100644', 'config', blob('x')))],
    ['a path as a name', () => tree('100644', 'a/../../x', blob('x'))],
    [
      'an option as a submodule’s address',
      () => tree('100644', '.gitmodules', blob('[submodule "x"]\n\tpath = x\n\turl = -u./payload\n')),
    ],
    [
      'a submodule whose name leads out',
      () => tree('100644', '.gitmodules', blob('[submodule "../x"]\n\tpath = x\n\turl = https://x/y\n')),
    ],
    ['submodules as a link', () => tree('120000', '.gitmodules', blob('/etc/passwd'))],
  ])('%s is refused, and nothing is taken', async (_, content) => {
    // prettier-ignore
    const id = clone.git('commit-tree', '-m', 'evil', content())
    clone.git('update-ref', branch, id)
    const before = packs()
    expect(await codesOf(() => fetch())).toEqual(['clone/unsafe-objects'])
    expect(packs()).toEqual(before)
    expect(existsSync(join(host.folder, '.git/refs/heads/sbx'))).toBe(false)
  })

  test('a branch that is no commit is refused', async () => {
    writeFileSync(join(clone.folder, '.git/refs/heads/sbx/web'), `${blob('x')}\n`)
    expect(await codesOf(() => fetch())).toEqual(['clone/unsafe-objects'])
  })

  test('a branch whose objects are missing is refused', async () => {
    const missing = raw(
      'commit',
      Buffer.from(`tree ${'1'.repeat(40)}\nauthor T <t@x> 1 +0000\ncommitter T <t@x> 1 +0000\n\nx\n`),
    )
    writeFileSync(join(clone.folder, '.git/refs/heads/sbx/web'), `${missing}\n`)
    expect(await codesOf(() => fetch())).toEqual(['clone/git-failed'])
  })

  test('a clone without its older commits is refused', async () => {
    const two = work('two')
    writeFileSync(join(clone.folder, '.git/shallow'), `${two}\n`)
    expect(await codesOf(() => fetch())).toEqual(['clone/unsafe-objects'])
    expect(existsSync(join(host.folder, '.git/shallow'))).toBe(false)
  })

  test('names that git would not write are not told', async () => {
    const id = work('two')
    const lines = [
      'refs/heads/a..b',
      'refs/heads/x.lock',
      'refs/heads/a\u0007b',
      'refs/heads/a\u2028b',
      'refs/remotes/host/x',
    ]
    const packet = (text: string): string => `${(text.length + 4).toString(16).padStart(4, '0')}${text}`
    const told = [`${id} HEAD\0agent=x\n`, ...lines.map((name) => `${id} ${name}\n`)].map((line) => Buffer.from(line))
    const bytes = Buffer.concat([
      ...told.map((line) => Buffer.concat([Buffer.from(packet(' '.repeat(line.length)).slice(0, 4)), line])),
      Buffer.from('0000'),
    ])
    const file = join(clone.home, 'told')
    writeFileSync(file, bytes)
    const far = farEnd(() => ['cat', file])
    expect([...(await listFar({ far, env: host.env })).keys()]).toEqual(['refs/remotes/host/x'])
  })
})

test('a git that does not know what sbx asks of it is told to be too old', async () => {
  work('two')
  const old = temporaryFolder('old-git')
  // As git 2.28 answers.
  const script = [
    'case " $* " in *" fetch "*) echo "error: unknown option \\`no-write-fetch-head\'" >&2; exit 129 ;; esac',
    `PATH='${process.env['PATH'] ?? ''}' exec git "$@"`,
  ]
  writeFileSync(join(old, 'git'), `#!/bin/sh\n${script.join('\n')}\n`, { mode: 0o755 })
  const [told] = await diagnosticsOf(() => fetch({ env: { ...host.env, PATH: old } }))
  expect(told).toMatchObject({
    code: 'template/git-old',
    detail: expect.stringContaining('git 2.29 or newer') as string,
  })
})

test.each(['before', 'while'] as const)(
  'a link that takes the place of the packs %s they come leads nobody there',
  async (when) => {
    clone.write('two\n', 'file')
    clone.commit()
    const victim = temporaryFolder('victim')
    const packs = join(host.folder, '.git/objects/pack')
    const swap = (): void => {
      renameSync(packs, `${packs}-moved`)
      symlinkSync(victim, packs)
    }
    const inFolder: FetchContext['inFolder'] = async (path, work) => {
      if (path !== packs) return withFolder(path, work)
      if (when === 'before') swap()
      return withFolder(path, async (folder) => {
        if (when === 'while') swap()
        await work(folder)
      })
    }
    if (when === 'before') expect(await codesOf(() => fetch({ inFolder }))).toEqual(['diff/no-objects'])
    else await fetch({ inFolder }).catch(() => undefined)
    expect(readdirSync(victim)).toEqual([])
    expect(readdirSync(`${packs}-moved`).some((name) => name.endsWith('.idx'))).toBe(when === 'while')
  },
)

test('of a list without end no more is read than a repository in use has', async () => {
  let passed = 0
  const endless = farEnd(() => ['yes', `003d${host.head} refs/heads/main`])
  const counted: FarEnd = async (service, { input, output }, signal) => {
    const through = new PassThrough().on('data', (piece: Buffer) => (passed += piece.length))
    through.pipe(output)
    return endless(service, { input, output: through }, signal)
  }
  const listed = listFar({ env: host.env, far: counted, signal: undefined })
  await expect(listed).rejects.toMatchObject({
    diagnostics: [{ code: 'clone/git-failed', detail: 'The git in the sandbox sends more than sbx takes.' }],
  })
  expect(passed).toBeLessThan(80 * 1024 ** 2)
})

test('a few bytes that stand for gigabytes are refused before they are any', async () => {
  clone.commit()
  await expect(fetch({ far: bombAt(branch, clone.head) })).rejects.toMatchObject({
    diagnostics: [{ code: 'clone/too-large' }],
  })
})
