import { statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Config } from '../../src/model/config.js'
import { widens } from '../../src/model/grant.js'
import { withNeighbours } from '../../src/resolve/resolve.js'
import { builtIn, claude, codes, fromLine, loadedConfig, machine, resolved, shell } from './fixture.js'

test('the smallest file gets the defaults', async () => {
  const { workspace, write, host } = machine()
  write('home/ada/.gitconfig', '[user]\n\tname = Ada\n\temail = ada@example.com\n')
  const desired = await resolved(loadedConfig(workspace, {}), await host())
  expect(desired.containerSpec).toEqual({
    template: { kind: 'built-in', name: 'claude' },
    setup: [],
    workspace: { path: workspace, readonly: false },
    volumes: { '/home/agent': desired.homeVolume, '/run/sbx/login': 'docker-claude-sandbox-data' },
    mounts: {},
    socket: 'none',
    credentials: 'sandbox',
    network: 'open',
    ports: {},
  })
  expect(desired.recordSpec).toEqual({
    agent: { name: 'claude', args: [], autonomy: 'full' },
    env: {},
    envFile: {},
    secrets: {},
    git: { name: 'Ada', email: 'ada@example.com' },
    resources: { pids: 4096 },
    grants: {},
    flags: {},
    digestKey: '',
  })
  expect(desired.homeVolume).toBe(`sbx-${desired.id}-home`)
  expect(desired).toMatchObject({ loginVolume: 'docker-claude-sandbox-data', grants: [], warnings: [] })
})

test('what the file says is what is wanted', async () => {
  const { workspace, folder, host } = machine()
  const data = folder('data')
  const config: Config = {
    name: 'My Web',
    agent: { name: 'claude', args: ['--model', 'opus'], autonomy: 'ask' },
    setup: ['apt-get update'],
    workspace: { readonly: true },
    env: { A: '1' },
    mounts: { '/data': { source: data, readonly: true } },
    socket: 'host',
    credentials: 'none',
    git: { name: 'Bot', email: 'bot@example.com' },
    network: 'open',
    resources: { cpus: 1.5, memory: 4096, pids: 99 },
    ports: { '3000/tcp': { address: '127.0.0.1', hostPort: 3000 } },
  }
  const desired = await resolved(loadedConfig(workspace, config), await host({ SBX_SCOPE: 't1' }))
  expect(desired.displayName).toBe('My Web')
  expect(desired.id).toMatch(/^my-web-/)
  expect(desired.containerSpec).toEqual({
    template: { kind: 'built-in', name: 'claude' },
    setup: ['apt-get update'],
    workspace: { path: workspace, readonly: true },
    volumes: { '/home/agent': `sbx_t1-${desired.id}-home` },
    mounts: { '/data': { source: data, readonly: true } },
    socket: 'host',
    credentials: 'none',
    network: 'open',
    ports: { '3000/tcp': { address: '127.0.0.1', hostPort: 3000 } },
  })
  expect(desired.recordSpec).toMatchObject({
    agent: { name: 'claude', args: ['--model', 'opus'], autonomy: 'ask' },
    env: { A: { from: 'file', value: '1' } },
    git: { name: 'Bot', email: 'bot@example.com' },
    resources: { cpus: 1.5, memory: 4096, pids: 99 },
  })
  expect(desired.loginVolume).toBeNull()
})

test('what is done where apply would have to choose is no part of what is applied', async () => {
  const { workspace, host } = machine()
  const here = await host()
  const plain = await resolved(loadedConfig(workspace, {}), here)
  expect(plain.lifecycle).toEqual({ ignoreDrift: [], onRecreate: 'ask' })
  const config: Config = { lifecycle: { ignoreDrift: ['network'], onRecreate: 'keep' } }
  const desired = await resolved(loadedConfig(workspace, config), here)
  expect(desired.lifecycle).toEqual(config.lifecycle)
  expect([desired.containerSpec, desired.recordSpec]).toEqual([plain.containerSpec, plain.recordSpec])
})

test('without a network no port is published, and none needs a yes', async () => {
  const { workspace, host } = machine()
  const config: Config = { network: 'none', ports: { '80/tcp': { address: '0.0.0.0', hostPort: 80 } } }
  const { containerSpec, grants, unpublished } = await resolved(loadedConfig(workspace, config), await host())
  expect(containerSpec).toMatchObject({ network: 'none', ports: {} })
  expect(grants).toEqual([])
  expect(unpublished).toEqual(['80/tcp'])
})

test('what closes a sandbox is in its spec, and is absent where the file says the default', async () => {
  const { workspace, host } = machine()
  const specOf = async (config: Config) => (await resolved(loadedConfig(workspace, config), await host())).containerSpec
  const plain = await specOf({})
  expect(await specOf({ isolation: 'container', sudo: true, workspace: {} })).toEqual(plain)
  expect(await specOf({ isolation: { runtime: 'runsc' }, sudo: false })).toEqual({
    ...plain,
    ...{ isolation: 'runsc', sudo: false },
  })
})

test('whoever works in a folder of root is root inside, which matters where there is to be no sudo', async () => {
  const { workspace, host } = machine()
  const isRoot = statSync(workspace).uid === 0
  const of = async (config: Config) => (await resolved(loadedConfig(workspace, config), await host())).isRootInside
  expect(await of({ sudo: false })).toBe(isRoot ? true : undefined)
  expect(await of({})).toBeUndefined()
})

test('what is hidden comes from its line under the workspace', async () => {
  const { workspace, host } = machine()
  const origins = { '/workspace/hide': fromLine(3), '/workspace/hide/.env': fromLine(4) }
  const desired = await resolved(
    loadedConfig(workspace, { workspace: { hide: { '.env': true } } }, origins),
    await host(),
  )
  expect(desired.origins).toMatchObject({ '/hide': fromLine(3), '/hide/.env': fromLine(4) })
})

test('an agent without a login has none to keep, and none to be handed over', async () => {
  const { workspace, host } = machine()
  const resolve = async (config: Config) =>
    resolved(loadedConfig(workspace, { agent: { name: 'shell' }, ...config }), await host(), {
      template: builtIn(shell),
    })
  for (const config of [{}, { credentials: 'sandbox' }, { credentials: 'none' }] as const) {
    const { containerSpec, loginVolume } = await resolve(config)
    expect([containerSpec.credentials, Object.keys(containerSpec.volumes), loginVolume]).toEqual([
      'none',
      ['/home/agent'],
      null,
    ])
  }
  expect(await codes(resolve({ credentials: 'host' }))).toEqual(['resolve/no-login'])
})

test('all problems are told together', async () => {
  const { root, workspace, host } = machine()
  const config: Config = {
    agent: { name: 'shell' },
    credentials: 'host',
    mounts: { '/a': { source: join(root, 'gone'), readonly: true }, '/b': { source: '/etc', readonly: true } },
  }
  const call = resolved(loadedConfig(workspace, config), await host(), { template: builtIn(shell) })
  expect(await codes(call)).toEqual(['resolve/missing-source', 'resolve/mount-refused', 'resolve/no-login'])
})

test('a mount of a file is called one', async () => {
  const { workspace, folder, write, host } = machine()
  const mounts = {
    '/data': { source: folder('home/ada/data'), readonly: true },
    '/settings.json': { source: write('home/ada/settings.json', '{}'), readonly: false },
  }
  const { grants } = await resolved(loadedConfig(workspace, { mounts }), await host(), {})
  expect(grants.map(({ summary }) => summary)).toEqual([
    'read-only host folder ~/data',
    'read-write host file ~/settings.json',
  ])
})

test('everything beyond the baseline is a grant that says what and where from', async () => {
  const { root, workspace, folder, write, host } = machine()
  const models = folder('home/ada/models')
  const envFile = write('home/ada/src/web/.env.sandbox', 'A=1')
  const key = write('home/ada/key', 'k')
  symlinkSync(key, join(root, 'link-to-key'))
  const config: Config = {
    credentials: 'host',
    socket: 'host',
    mounts: { '/models': { source: models, readonly: false, why: 'trained weights go here' } },
    env: { URL: '${env:DATABASE_URL}', LITERAL: 'x', AGAIN: '${env:DATABASE_URL}' },
    envFile: { [envFile]: { optional: false }, '/nowhere/else.env': { optional: true } },
    secrets: { STRIPE: { env: 'STRIPE_KEY' }, FILE: { file: join(root, 'link-to-key') } },
    ports: {
      '3000/tcp': { address: '0.0.0.0', hostPort: null },
      '4000/tcp': { address: '127.0.0.1', hostPort: 4000 },
      '5000/tcp': { address: '::1', hostPort: 5000 },
    },
  }
  const template = builtIn({ ...claude })
  const loaded = loadedConfig(workspace, config, { '/mounts/~1models': fromLine(7), '/env/URL': fromLine(11) })
  const { grants, recordSpec } = await resolved(loaded, await host({ STRIPE_KEY: 's' }), {
    template: { ...template, spec: { kind: 'image', reference: 'acme/agent:3' } },
  })
  expect(grants).toEqual([
    {
      key: 'mount:/models',
      value: `rw:${models}`,
      subject: `mount:${models}:rw`,
      summary: 'read-write host folder ~/models',
      why: 'trained weights go here',
      origin: fromLine(7),
    },
    { key: 'socket', value: 'host', summary: 'engine socket (root on this machine)' },
    {
      key: 'login',
      value: 'host:claude',
      subject: 'login:claude',
      summary: 'your own claude login on this machine',
    },
    { key: 'env:DATABASE_URL', value: 'DATABASE_URL', summary: 'host variable DATABASE_URL', origin: fromLine(11) },
    {
      key: 'env-file:.env.sandbox',
      value: envFile,
      subject: `file:${envFile}`,
      summary: 'values of the host file ~/src/web/.env.sandbox',
    },
    {
      key: 'env-file:/nowhere/else.env',
      value: '/nowhere/else.env',
      subject: 'file:/nowhere/else.env',
      summary: 'values of the host file /nowhere/else.env',
    },
    {
      key: 'secret:STRIPE',
      value: 'env:STRIPE_KEY',
      subject: 'env:STRIPE_KEY',
      summary: 'secret STRIPE from host variable STRIPE_KEY',
    },
    { key: 'secret:FILE', value: `file:${key}`, subject: `file:${key}`, summary: 'secret FILE from ~/key' },
    {
      key: 'template',
      value: 'acme/agent:3',
      subject: 'template:acme/agent:3',
      summary: 'image acme/agent:3, which sbx did not make',
    },
    {
      key: 'port:3000/tcp',
      value: '0.0.0.0:*',
      subject: 'port:0.0.0.0:*',
      summary: 'port 3000/tcp for other machines, at 0.0.0.0:*',
    },
  ])
  expect(recordSpec.grants).toEqual(Object.fromEntries(grants.map(({ key: name, value }) => [name, value])))
})

test('the yes to a template says that it can read the shared login, where it is given one', async () => {
  const { workspace, host } = machine()
  const template = { ...builtIn(), spec: { kind: 'image', reference: 'acme/agent:3' } as const }
  const summaryOf = async (credentials: 'sandbox' | 'none') =>
    (await resolved(loadedConfig(workspace, { credentials }), await host(), { template })).grants[0]?.summary
  expect(await summaryOf('sandbox')).toBe(
    'image acme/agent:3, which sbx did not make; it can read your shared login of claude',
  )
  expect(await summaryOf('none')).toBe('image acme/agent:3, which sbx did not make')
})

test('the baseline needs no yes', async () => {
  const { workspace, host } = machine()
  const config: Config = { setup: ['make'], env: { A: '1' }, git: 'host', credentials: 'sandbox', network: 'open' }
  expect((await resolved(loadedConfig(workspace, config), await host())).grants).toEqual([])
})

test('a recipe needs a yes for its content where the network is limited', async () => {
  const { workspace, host } = machine()
  const grantsOf = async (network: 'open' | 'none', digest: string, setup: string[]) => {
    const template = { ...builtIn(), spec: { kind: 'folder', path: '/src/tpl', digest } as const }
    const loaded = loadedConfig(workspace, { network, setup })
    return (await resolved(loaded, await host(), { template })).recordSpec.grants
  }
  expect(await grantsOf('open', 'aa', ['make'])).toEqual({ template: '/src/tpl' })
  const first = await grantsOf('none', 'aa', ['make'])
  const edited = await grantsOf('none', 'bb', ['make more'])
  expect(Object.keys(first)).toEqual(['template', 'setup'])
  for (const key of ['template', 'setup']) expect(widens({ key, value: edited[key] ?? '' }, first[key])).toBe(true)
})

test('a workspace beneath a folder that another sandbox can write needs a yes', async () => {
  const { home, workspace, host } = machine()
  const desired = await resolved(loadedConfig(workspace, {}), await host())
  const neighbour = (path: string, readonly: boolean) => ({
    sandbox: { displayName: 'all' },
    spec: { workspace: { path, readonly }, mounts: {} },
  })
  const nested = withNeighbours(desired, [neighbour(join(home, 'src'), false)], home)
  expect(nested.grants).toMatchObject([{ key: 'workspace', value: join(home, 'src') }])
  expect(nested.recordSpec.grants).toEqual({ workspace: join(home, 'src') })
  expect(withNeighbours(desired, [neighbour(join(home, 'src'), true)], home)).toBe(desired)
  expect(withNeighbours(desired, [neighbour(workspace, false)], home)).toBe(desired)
})

test('a template that is not written comes from the line of the agent', async () => {
  const { workspace, host } = machine()
  const loaded = loadedConfig(workspace, {}, { '/agent': fromLine(1) })
  expect((await resolved(loaded, await host())).origins['/template']).toEqual(fromLine(1))
  const written = loadedConfig(workspace, {}, { '/agent': fromLine(1), '/template': fromLine(2) })
  expect((await resolved(written, await host())).origins['/template']).toEqual(fromLine(2))
})

test('a flag that stays is recorded, the value of -e never', async () => {
  const { workspace, host } = machine()
  const loaded = loadedConfig(workspace, { env: { K: 'planted' } }, { '/env/K': { kind: 'flag', flag: '-e' } })
  const first = await resolved(loaded, await host(), { flags: { '-e': ['K=planted', 'L'], '-v': ['/a:/b:ro'] } })
  expect(first.recordSpec.flags).toEqual({ '-e': ['K', 'L'], '-v': ['/a:/b:ro'] })
  const later = await resolved(loadedConfig(workspace, {}), await host(), {
    flags: first.recordSpec.flags,
    keptEnv: first.recordSpec.env,
  })
  expect(later.recordSpec).toEqual(first.recordSpec)
})

test('a rotated value changes the record and nothing else', async () => {
  const { workspace, host } = machine()
  const loaded = loadedConfig(workspace, { secrets: { K: { env: 'K' } } })
  const [before, same, after] = [
    await resolved(loaded, await host({ K: 'one' })),
    await resolved(loaded, await host({ K: 'one' })),
    await resolved(loaded, await host({ K: 'two' })),
  ]
  expect(same).toEqual(before)
  expect(after.containerSpec).toEqual(before.containerSpec)
  expect(after.recordSpec.secrets).not.toEqual(before.recordSpec.secrets)
  expect(after.recordSpec.digestKey).toBe(before.recordSpec.digestKey)
})

test('no secret is anywhere in what is desired', async () => {
  const { workspace, write, host } = machine()
  const secret = fc.stringMatching(/^[a-zA-Z0-9]{12,30}$/).map((text) => `PLANTED${text}`)
  await fc.assert(
    fc.asyncProperty(secret, fc.boolean(), async (planted, isFlag) => {
      const file = write('values.env', `FROM_FILE=${planted}\n`)
      const key = write('key', planted)
      const config: Config = {
        env: { HOST: 'x${env:PLANTED_HERE}y', DEFAULT: '${env:PLANTED_HERE:-d}', TYPED: isFlag ? planted : 'literal' },
        envFile: { [file]: { optional: false } },
        secrets: { ONE: { env: 'PLANTED_HERE' }, TWO: { file: key } },
      }
      const loaded = loadedConfig(workspace, config, isFlag ? { '/env/TYPED': { kind: 'flag', flag: '-e' } } : {})
      const desired = await resolved(loaded, await host({ PLANTED_HERE: planted }), {
        flags: { '-e': [`TYPED=${planted}`], '--env': [`TYPED=${planted}`] },
      })
      const { recordSpec } = desired
      expect(JSON.stringify(desired)).not.toContain(planted)
      expect(recordSpec.secrets.ONE?.digest).toMatch(/^[0-9a-f]{32}$/)
      expect(recordSpec.digestKey).toMatch(/^[0-9a-f]{12}$/)
    }),
    { numRuns: 20 },
  )
})

test.each<readonly [string, Config, boolean]>([
  ['a login of the sandboxes', {}, true],
  ['none', { credentials: 'none' }, false],
  ['the host’s', { credentials: 'host' }, false],
  ['a key as a secret', { secrets: { ANTHROPIC_API_KEY: { env: 'KEY' } } }, false],
  ['a key in env', { env: { ANTHROPIC_API_KEY: 'k' } }, false],
  ['a variable that holds no key of the agent', { env: { OTHER: 'k' } }, true],
])('with %s a renewed login is in the way of others: %j is %s', async (_, config, isInTheWay) => {
  const { workspace, host } = machine()
  const desired = await resolved(loadedConfig(workspace, config), await host({ KEY: 'k' }))
  expect(desired.rotatingLogin).toEqual(isInTheWay ? { instead: null } : undefined)
})
