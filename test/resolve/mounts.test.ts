import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Config } from '../../src/model/config.js'
import { resolveMounts } from '../../src/resolve/mounts.js'
import { fromLine, machine } from './fixture.js'

function mount(source: string, target = '/data', readonly = true): Config {
  return { mounts: { [target]: { source, readonly } } }
}

const origins = { '/mounts': fromLine(4), '/mounts/~1data': fromLine(5) }

test('sources are real paths, links and host variables put in', async () => {
  const { root, workspace, folder, host } = machine()
  const real = folder('disk/data')
  symlinkSync(real, join(root, 'link'))
  const config: Config = {
    mounts: {
      '/data': { source: join(root, 'link'), readonly: true, why: 'numbers' },
      '/more': { source: '${env:DISK}/data', readonly: false },
    },
  }
  const { mounts, problems } = await resolveMounts(config, {}, workspace, await host({ DISK: join(root, 'disk') }))
  expect(problems).toEqual([])
  expect(mounts).toEqual({ '/data': { source: real, readonly: true }, '/more': { source: real, readonly: false } })
})

test('a missing source names the key and the line', async () => {
  const { root, workspace, host } = machine()
  const { mounts, problems } = await resolveMounts(mount(join(root, 'gone')), origins, workspace, await host())
  expect(mounts).toEqual({})
  expect(problems).toEqual([
    {
      severity: 'error',
      code: 'resolve/missing-source',
      summary: 'The source of a mount is missing',
      detail: `${join(root, 'gone')}, the source of /data, is not there. Make it first, or take the mount out.`,
      at: fromLine(5).at,
    },
  ])
})

test('a missing source is told as it is written: the value of a host variable may be a secret', async () => {
  const { root, workspace, host } = machine()
  const source = join(root, '${env:TOKEN}')
  const { problems } = await resolveMounts(mount(source), origins, workspace, {
    ...(await host()),
    env: { TOKEN: 'planted-secret' },
  })
  expect(problems.map(({ code }) => code)).toEqual(['resolve/missing-source'])
  expect(JSON.stringify(problems)).not.toContain('planted-secret')
  expect(problems[0]?.detail).toContain('${env:TOKEN}')
})

test('what a flag said is told with the flag', async () => {
  const { root, workspace, host } = machine()
  const flags = { '/mounts/~1data': { kind: 'flag', flag: '-v' } } as const
  const { problems } = await resolveMounts(mount(join(root, 'gone')), flags, workspace, await host())
  expect(problems[0]?.detail).toMatch(/It was given with -v\.$/)
  expect(problems[0]).not.toHaveProperty('at')
})

test('all that is wrong is told at once', async () => {
  const { root, workspace, host } = machine()
  const config: Config = {
    mounts: {
      '/a': { source: join(root, 'gone'), readonly: true },
      '/b': { source: '${env:UNSET}/x', readonly: true },
      '/home/agent': { source: join(root, 'gone'), readonly: true },
    },
  }
  const { problems } = await resolveMounts(config, {}, workspace, await host())
  expect(problems.map(({ code }) => code)).toEqual([
    'resolve/missing-source',
    'resolve/mount-variable',
    'resolve/mount-target',
    'resolve/missing-source',
  ])
})

test.each([
  ['/', 'is a system folder'],
  ['/etc', 'is a system folder'],
  ['/proc/self', 'system folder /proc'],
  ['HOME', 'is your home folder'],
  ['HOME/..', 'holds your home folder'],
  ['HOME/.ssh', 'belongs to your keys'],
  ['HOME/.ssh/id', 'belongs to your keys'],
  ['HOME/.config', 'which belongs to sbx itself'],
  ['HOME/.config/sbx', 'belongs to sbx itself'],
  ['HOME/.local/state/sbx', 'belongs to sbx itself'],
  ['HOME/.docker', 'belongs to the container engine'],
  ['HOME/.aws', 'belongs to your keys'],
  ['HOME/.config/gh', 'belongs to your keys'],
  ['/etc/shadow', 'belongs to the system folder /etc/shadow'],
  ['ENGINE.sock', 'belongs to the container engine'],
])('%s is never mounted', async (path, why) => {
  const { root, home, workspace, folder, write, host } = machine()
  for (const name of ['.config/sbx', '.local/state/sbx', '.docker', '.aws', '.config/gh']) folder(`home/ada/${name}`)
  write('home/ada/.ssh/id', 'key')
  const socket = write('engine.sock', '')
  const source = path.replace('HOME', home).replace('ENGINE.sock', socket)
  const { mounts, problems } = await resolveMounts(
    mount(source),
    {},
    workspace,
    await host({ DOCKER_HOST: `unix://${socket}` }),
  )
  expect(mounts).toEqual({})
  expect(problems).toMatchObject([{ code: 'resolve/mount-refused', detail: expect.stringContaining(why) as string }])
  expect(root).not.toBe('/')
})

test.each<[string, boolean, 'engine' | 'name' | 'narrower']>([
  ['/', true, 'narrower'],
  ['/etc', false, 'name'],
  ['HOME/.ssh', true, 'name'],
  ['HOME/.docker', true, 'engine'],
  ['HOME/.config/sbx', true, 'narrower'],
  ['HOME/.config', true, 'name'],
  ['HOME/.config', false, 'narrower'],
])('the way on from %s, where that is read-only: %s', async (path, readonly, way) => {
  const { home, workspace, folder, host } = machine()
  for (const name of ['.config/sbx', '.docker', '.ssh']) folder(`home/ada/${name}`)
  const config = { mounts: { '/data': { source: path.replace('HOME', home), readonly } } }
  const { problems } = await resolveMounts(config, {}, workspace, await host())
  const ways = { engine: 'socket: host', name: 'policy.yaml', narrower: 'holds only what is needed.' }
  expect(problems[0]?.detail).toContain(ways[way])
})

test('a link in a kept place is no way around it', async () => {
  const { home, workspace, folder, host } = machine()
  const elsewhere = folder('keys')
  symlinkSync(elsewhere, join(home, '.ssh'))
  const { problems } = await resolveMounts(mount(elsewhere), {}, workspace, await host())
  expect(problems).toMatchObject([{ code: 'resolve/mount-refused' }])
})

test.each(['/', '/usr', '/dev/x', '/proc', '/run/sbx/login', '/home', '/home/agent', 'WORKSPACE', 'ABOVE'])(
  'nothing is mounted at %s',
  async (place) => {
    const { home, workspace, folder, host } = machine()
    const target = place.replace('WORKSPACE', workspace).replace('ABOVE', home)
    const { problems } = await resolveMounts(mount(folder('data'), target), {}, workspace, await host())
    expect(problems).toMatchObject([{ code: 'resolve/mount-target' }])
  },
)

test.each(['/data', '/home/agent/data', '/usr/local/data', '/tmp/data', 'WORKSPACE/data'])(
  'a folder of the user can be mounted at %s',
  async (place) => {
    const { workspace, folder, host } = machine()
    const target = place.replace('WORKSPACE', workspace)
    folder('home/ada/src/web/data')
    const { problems } = await resolveMounts(mount(folder('data'), target), {}, workspace, await host())
    expect(problems).toEqual([])
  },
)

test('a place in the workspace or in another mount must be there: the engine would make it as root', async () => {
  const { workspace, folder, host } = machine()
  const [data, more] = [folder('data'), folder('more')]
  const config: Config = {
    mounts: {
      '/data': { source: data, readonly: false },
      '/data/more': { source: more, readonly: true },
      [`${workspace}/cache`]: { source: more, readonly: true },
    },
  }
  const missing = await resolveMounts(config, {}, workspace, await host())
  expect(missing.problems.map(({ code, detail }) => [code, detail?.split(' ')[0]])).toEqual([
    ['resolve/mount-target', `${data}/more`],
    ['resolve/mount-target', `${workspace}/cache`],
  ])
  folder('data/more')
  folder('home/ada/src/web/cache')
  expect((await resolveMounts(config, {}, workspace, await host())).problems).toEqual([])
})

test('a place in the workspace that an agent made a circle of, or that nothing can be called, is told', async () => {
  const { workspace, folder, host } = machine()
  symlinkSync(join(workspace, 'circle'), join(workspace, 'circle'))
  const source = folder('data')
  const config: Config = {
    mounts: {
      [`${workspace}/circle`]: { source, readonly: true },
      [`${workspace}/${'a'.repeat(300)}`]: { source, readonly: true },
    },
  }
  const { problems } = await resolveMounts(config, {}, workspace, await host())
  expect(
    problems.map(({ code, detail }) => [code, /(?<=\S+ )(cannot be reached|is not there)/.exec(detail ?? '')?.[0]]),
  ).toEqual([
    ['resolve/mount-target', 'cannot be reached'],
    ['resolve/mount-target', 'is not there'],
  ])
})
