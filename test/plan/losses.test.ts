import { describe, expect, test } from 'vitest'
import { filesToSize, lossesOf, lostPaths, type LossFacts } from '../../src/plan/losses.js'
import type { PathChange } from '../../src/model/risks.js'

function factsOf(changes: readonly PathChange[], more: Partial<LossFacts> = {}): LossFacts {
  return { changes, uncounted: null, mountPoints: [], lists: [], own: { bytes: null, volumes: [] }, ...more }
}

/** Added files and folders, as the engine lists them: with every folder that leads to them. */
function added(...paths: readonly string[]): PathChange[] {
  return paths.map((path) => ({ path, kind: 'added' }))
}

function filesOf(paths: readonly string[], mountPoints: readonly string[] = []): readonly string[] {
  return lostPaths(factsOf(added(...paths), { mountPoints })).files
}

const own = [
  '/etc',
  '/etc/passwd',
  '/etc/ssl',
  '/etc/ssl/certs',
  '/etc/ssl/certs/ca-certificates.crt',
  '/var',
  '/var/lib',
  '/var/lib/sbx',
  '/var/lib/sbx/ready',
  '/usr',
  '/usr/local',
  '/usr/local/share',
  '/usr/local/share/ca-certificates',
  '/usr/local/share/ca-certificates/sbx-host.crt',
  '/run',
  '/run/sbx',
  '/tmp',
  '/tmp/x',
  '/home',
  '/home/agent',
  '/data',
  '/opt',
  '/opt/cache',
]

test('what the entrypoint and the engine write is nobody’s loss', () => {
  const mountPoints = ['/data', '/opt/cache']
  expect(filesOf(own, mountPoints)).toEqual([])
  expect(lossesOf(factsOf(added(...own), { mountPoints, own: { bytes: 900, volumes: [] } }))).toBe(null)
  // A file like an own one, and one beside them.
  expect(filesOf([...own, '/etc/passwd.bak', '/var/lib/x', '/var/lib/x/y'], mountPoints)).toEqual([
    '/etc/passwd.bak',
    '/var/lib/x/y',
  ])
  expect(filesOf(['/opt', '/opt/cache', '/opt/tool'], mountPoints)).toEqual(['/opt/tool'])
})

test('a folder counts where nothing is in it', () => {
  expect(filesOf(['/opt', '/opt/a', '/opt/a/b', '/srv'])).toEqual(['/opt/a/b', '/srv'])
})

test('what was deleted is told apart, and not by what was in it', () => {
  const changes: PathChange[] = [
    { path: '/etc', kind: 'modified' },
    { path: '/etc/motd', kind: 'deleted' },
    { path: '/etc/hosts.allow', kind: 'modified' },
  ]
  expect(lossesOf(factsOf(changes))).toMatchObject({ files: { count: 1 }, deleted: 1 })
  expect(lostPaths(factsOf(changes)).deleted).toEqual(['/etc/motd'])
})

describe('Debian packages', () => {
  const changes: PathChange[] = [
    { path: '/usr', kind: 'modified' },
    { path: '/usr/bin', kind: 'modified' },
    ...added('/usr/bin/jq', '/usr/bin/mine', '/usr/share/doc/jq', '/usr/share/doc/jq/copyright'),
    { path: '/var/lib/dpkg/status', kind: 'modified' },
    { path: '/var/lib/dpkg/info', kind: 'modified' },
    ...added('/var/lib/dpkg/info/jq.list', '/var/lib/dpkg/info/jq.md5sums', '/var/lib/dpkg/info/libc6:i386.list'),
    { path: '/var/lib/dpkg/info/curl.list', kind: 'modified' },
    { path: '/var/lib/dpkg/info/vim.list', kind: 'deleted' },
    ...added('/var/cache/apt/archives/jq.deb', '/etc/ld.so.cache'),
  ]
  const list = '/.\n/bin\n/bin/jq\n/usr\n/usr/share\n/usr/share/doc\n/usr/share/doc/jq\n/usr/share/doc/jq/copyright\n'

  test('are named, and their files are not listed once more', () => {
    const { files, packages, deleted } = lostPaths(factsOf(changes, { lists: [list] }))
    expect(packages).toEqual([
      { manager: 'debian', name: 'curl', wasThere: true },
      { manager: 'debian', name: 'jq', wasThere: false },
      { manager: 'debian', name: 'libc6:i386', wasThere: false },
    ])
    expect(files).toEqual(['/usr/bin/mine'])
    expect(deleted).toEqual([])
  })

  test('without their lists their files are listed', () => {
    const { files } = lostPaths(factsOf(changes))
    expect(files).toEqual(['/usr/bin/jq', '/usr/bin/mine', '/usr/share/doc/jq/copyright'])
  })

  test('without a package what its manager wrote is listed', () => {
    expect(filesOf(['/var/lib/apt/lists/x', '/var/lib/dpkg/info/a/b.list'])).toHaveLength(2)
  })

  test.each(['..', 'a b', 'A', 'x\u001b[2J', 'a\nb', '../../etc/passwd', '', '-x'])(
    'a name that none can have: %j',
    (name) => {
      const path = `/var/lib/dpkg/info/${name}.list`
      expect(lostPaths(factsOf(added(path)))).toMatchObject({ packages: [], files: [path] })
    },
  )

  test('a list hides what it names and nothing else', () => {
    const lists = ['/\n//\n..\n/opt\n/opt/../srv\nopt/a\n/opt/b']
    expect(lostPaths(factsOf(added('/opt', '/opt/a', '/opt/b', '/srv', '/x'), { lists })).files).toEqual([
      '/opt/a',
      '/srv',
      '/x',
    ])
  })
})

describe('global npm packages', () => {
  test('are named, with a scope too, and their files are not listed once more', () => {
    const root = '/usr/local/lib/node_modules'
    const changes = added(
      ...['/usr/local', '/usr/local/lib', root],
      ...[`${root}/tool`, `${root}/tool/package.json`, `${root}/tool/node_modules/dep/package.json`],
      ...[`${root}/@acme`, `${root}/@acme/cli`, `${root}/@acme/cli/package.json`, `${root}/@acme/cli/x.js`],
      ...[`${root}/.tool-a1b2/package.json`, '/usr/local/bin/tool'],
    )
    expect(lossesOf(factsOf([...changes, { path: `${root}/npm/package.json`, kind: 'modified' }]))).toMatchObject({
      packages: [
        { manager: 'npm', name: '@acme/cli', wasThere: false },
        { manager: 'npm', name: 'npm', wasThere: true },
        { manager: 'npm', name: 'tool', wasThere: false },
      ],
      files: { count: 2 },
    })
  })

  test('a project of somebody is none', () => {
    expect(lostPaths(factsOf(added('/srv/app/node_modules/dep/package.json'))).packages).toEqual([])
    expect(lostPaths(factsOf(added('/x/lib/node_modules/a/lib/node_modules/b/package.json'))).packages).toEqual([])
  })
})

test('volumes of the image are lost, what is in them is not listed', () => {
  const facts = factsOf(added('/var/lib/data', '/var/lib/data/x'), { own: { bytes: 5, volumes: ['/var/lib/data'] } })
  expect(lossesOf(facts)).toMatchObject({ files: { count: 0 }, volumes: ['/var/lib/data'], bytes: 5 })
})

/** In milliseconds: far more than it takes. What grows with the square of anything takes hours. */
const patience = 120_000

test(
  'hundred thousand files, however deep and whatever their names, are counted at once',
  () => {
    const many = Array.from({ length: 100_000 }, (_, index) => `/opt/\u001b]0;x\u0007/..${index % 300}/\n${index}`)
    const deep = Array.from({ length: 1000 }, (_, index) => `${'/d'.repeat(2000)}/${index}`)
    expect(lossesOf(factsOf(added(...many, ...deep)))?.files.count).toBe(101_000)
  },
  patience,
)

test('what is to be sized is each file that is told by a folder, and no other', () => {
  const many = Array.from({ length: 9 }, (_, index) => `/opt/tool/${String(index)}`)
  const facts = factsOf(added('/opt', '/opt/tool', ...many, '/opt/toolbox', '/tmp/x', '/data/y'), {
    mountPoints: ['/data'],
  })
  expect(filesToSize(facts)).toEqual([
    { path: '/opt/tool', files: many },
    { path: '/opt/toolbox', files: ['/opt/toolbox'] },
  ])
  const sizes = new Map([['/opt/tool', { bytes: 90, isPart: true } as const]])
  expect(lossesOf({ ...facts, sizes })?.files.folders).toEqual([
    { path: '/opt/tool', count: 9, size: { bytes: 90, isPart: true } },
    { path: '/opt/toolbox', count: 1 },
  ])
})

test('of more changes than anybody goes through no size is looked for', () => {
  const changes = added('/opt', ...Array.from({ length: 100_000 }, (_, index) => `/opt/${String(index)}`))
  expect(filesToSize(factsOf(changes))).toEqual([])
})
