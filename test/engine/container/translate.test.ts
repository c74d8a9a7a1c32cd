import { expect, test } from 'vitest'
import type { Attachment } from '../../../src/engine/network/attachment.js'
import { isOlderThanThis, labelledSettings, readSettings } from '../../../src/engine/container/fixed-settings.js'
import {
  createBody,
  observedSpec,
  updateLimits,
  type InspectedContainer,
} from '../../../src/engine/container/translate.js'
import { containerName, labels } from '../../../src/model/names.js'
import type { ContainerRequest } from '../../../src/model/plan.js'
import type { ContainerSpec, LimitsSpec } from '../../../src/model/spec.js'

const openNetwork = 'n'.repeat(64)
const surroundings = {
  scope: '',
  sockets: { engine: '/run/docker.sock', ssh: '/run/user/1000/ssh' },
  facts: { DefaultRuntime: 'runc' },
}

function attachmentOf({ network }: ContainerSpec): Attachment {
  if (network === 'none') return { mode: 'none' }
  return network === 'open' ? { mode: openNetwork } : { mode: 'l'.repeat(64), proxy: '10.213.7.2' }
}

function bodyOf(spec: ContainerSpec, resources?: LimitsSpec) {
  return createBody(requestOf(spec, resources), { ...surroundings, network: attachmentOf(spec) })
}

const smallest: ContainerSpec = {
  template: { kind: 'built-in', name: 'shell' },
  setup: [],
  workspace: { path: '/src/web', readonly: false },
  volumes: {},
  mounts: {},
  socket: 'none',
  credentials: 'none',
  network: 'none',
  ports: {},
}

const fullest: ContainerSpec = {
  template: { kind: 'image', reference: 'acme/agent:1' },
  setup: ['true'],
  workspace: { path: '/src/web', readonly: true },
  volumes: { '/home/agent': 'sbx-web-home', '/run/sbx/login': 'docker-claude-sandbox-data' },
  mounts: {
    '/data': { source: '/srv/data', readonly: true },
    '/home/agent/models': { source: '/srv/models', readonly: false },
  },
  socket: 'host',
  credentials: 'sandbox',
  network: 'open',
  ports: {
    '3000/tcp': { address: '127.0.0.1', hostPort: 8080 },
    '53/udp': { address: '0.0.0.0', hostPort: null },
  },
}

/** Little of the workspace, the network and the kernel. */
const closed: ContainerSpec = {
  ...smallest,
  network: 'limited',
  hide: { '.env': 'file', 'config/keys': 'folder' },
  sudo: false,
  isolation: 'runsc',
}

function requestOf(spec: ContainerSpec, resources: LimitsSpec = { pids: 100 }): ContainerRequest {
  return {
    name: containerName('', 'web-3f2a1c', spec, null),
    sandbox: {
      ...{ id: 'web-3f2a1c', displayName: 'web', workspace: '/src/web', inode: '1:2:3', agent: 'shell', profile: null },
    },
    ...{ spec, resources, image: 'acme/agent:1', recipe: '1', replaces: null },
  }
}

/** What an engine tells of a container that it made from a body, as far as it is read. */
function inspected(spec: ContainerSpec, resources?: LimitsSpec): InspectedContainer {
  const { HostConfig } = bodyOf(spec, resources)
  const network = { none: 'none', open: 'sbx-open', limited: 'sbx-web-3f2a1c-net' }[spec.network]
  return { HostConfig, NetworkSettings: { Networks: { [network]: {} } } }
}

test.each([
  ['the smallest', smallest, { pids: 4096 }],
  ['a closed', closed, { pids: 4096 }],
  ['the fullest', fullest, { pids: 77, cpus: 0.25, memory: 2 ** 31 }],
  ['one with a third of a CPU', smallest, { pids: 1, cpus: 0.33 }],
] as const)('%s spec comes back from what was created', (_, spec, limits) => {
  const { workspace, volumes, mounts, socket, network, ports, hide } = spec
  expect(observedSpec(inspected(spec, limits), spec, '', 'web-3f2a1c')).toEqual({
    ...{ workspace, volumes, mounts, socket, network, ports, resources: limits },
    ...(hide === undefined ? {} : { hide }),
  })
})

test('everything that the image could decide is decided', () => {
  expect(bodyOf(smallest)).toMatchObject({
    Image: 'acme/agent:1',
    User: '0:0',
    WorkingDir: '/src/web',
    Entrypoint: ['/bin/sh', '-c', expect.any(String), 'sbx'],
    Cmd: ['/src/web', ''],
    StopSignal: 'SIGTERM',
    Healthcheck: { Test: ['NONE'] },
    HostConfig: { Init: true, RestartPolicy: { Name: 'no' }, CapDrop: ['ALL'], NetworkMode: 'none', PidsLimit: 100 },
  })
})

test('the home is mounted twice, the second time where nothing is below it', () => {
  const { Mounts } = bodyOf(fullest).HostConfig
  const homes = Mounts.filter(({ Source }) => Source === 'sbx-web-home').map(({ Target }) => Target)
  expect(homes).toEqual(['/home/agent', '/run/sbx/home'])
})

test('binds are mounts, which an engine refuses where the source is missing', () => {
  expect(bodyOf(fullest).HostConfig).not.toHaveProperty('Binds')
})

test('memory comes with as much memory and swap', () => {
  const { HostConfig } = bodyOf(smallest, { pids: 1, memory: 5 })
  expect(HostConfig).toMatchObject({ Memory: 5, MemorySwap: 5 })
})

test('an update says which limits are gone', () => {
  const update = updateLimits({ pids: 5 })
  expect(update).toMatchObject({ PidsLimit: 5, CpuQuota: -1 })
  const after = { HostConfig: update, NetworkSettings: { Networks: { none: {} } } }
  expect(observedSpec(after, smallest, '', 'web-3f2a1c').resources).toEqual({ pids: 5 })
})

test('what another hand changed is seen', () => {
  const made = inspected(fullest)
  const changed: InspectedContainer = {
    HostConfig: { ...made.HostConfig, Binds: ['/etc:/mnt/etc:ro', 'cache:/cache'], NanoCpus: 2e9, PidsLimit: -1 },
    NetworkSettings: { Networks: { web_default: {}, 'sbx-open': {} } },
  }
  const { mounts, volumes, network, resources } = observedSpec(changed, fullest, '', 'web-3f2a1c')
  expect(mounts).toEqual({ ...fullest.mounts, '/mnt/etc': { source: '/etc', readonly: true } })
  expect(volumes).toEqual({ ...fullest.volumes, '/cache': 'cache' })
  expect(network).toBe('sbx-open,web_default')
  expect(resources).toEqual({ cpus: 2, pids: 0 })
})

test("a mount of one's own at the socket's place is a mount", () => {
  const spec = { ...smallest, mounts: { '/var/run/docker.sock': { source: '/srv/proxy.sock', readonly: false } } }
  expect(observedSpec(inspected(spec), spec, '', 'web-3f2a1c')).toMatchObject({ socket: 'none', mounts: spec.mounts })
})

test('a port published twice, a mount in memory and another second home are seen', () => {
  const made = inspected(fullest)
  const bindings = made.HostConfig.PortBindings?.['3000/tcp'] ?? []
  const changed: InspectedContainer = {
    HostConfig: {
      ...made.HostConfig,
      Mounts: (made.HostConfig.Mounts ?? []).map((mount) =>
        mount.Target === '/run/sbx/home' ? { ...mount, Source: 'another' } : mount,
      ),
      PortBindings: {
        ...made.HostConfig.PortBindings,
        '3000/tcp': [...bindings, { HostIp: '0.0.0.0', HostPort: '80' }],
      },
      Tmpfs: { '/cache': '' },
    },
    NetworkSettings: made.NetworkSettings,
  }
  const { mounts, ports, volumes } = observedSpec(changed, fullest, '', 'web-3f2a1c')
  expect(ports).toEqual({ ...fullest.ports, '3000/tcp (2)': { address: '0.0.0.0', hostPort: 80 } })
  expect(mounts).toEqual({ ...fullest.mounts, '/cache': { source: 'tmpfs', readonly: false } })
  expect(volumes).toEqual({ ...fullest.volumes, '/run/sbx/home': 'another' })
})

test('what is hidden is covered by nothing, and nothing of it can be written', () => {
  const { Mounts } = bodyOf(closed).HostConfig
  expect(Mounts.slice(-2)).toEqual([
    { Type: 'bind', Source: '/dev/null', Target: '/src/web/.env', ReadOnly: true },
    { Type: 'tmpfs', Target: '/src/web/config/keys', TmpfsOptions: { SizeBytes: 4096, Mode: 0o555 } },
  ])
})

test('what covers a hidden path is seen when another hand takes it away or puts one more', () => {
  const made = inspected(closed)
  const mounts = made.HostConfig.Mounts ?? []
  const without = { ...made, HostConfig: { ...made.HostConfig, Mounts: mounts.slice(0, -2) } }
  expect(observedSpec(without, closed, '', 'web-3f2a1c').hide).toEqual({})
  const more = { ...mounts[mounts.length - 2], Type: 'bind', Target: '/src/web/more' }
  const withMore = { ...made, HostConfig: { ...made.HostConfig, Mounts: [...mounts, more] } }
  expect(observedSpec(withMore, closed, '', 'web-3f2a1c').hide).toEqual({ ...closed.hide, more: 'file' })
  const writable = mounts.map((mount) => (mount.Target.endsWith('.env') ? { ...mount, ReadOnly: false } : mount))
  const opened = observedSpec({ ...made, HostConfig: { ...made.HostConfig, Mounts: writable } }, closed, '', 'web')
  expect(opened).toMatchObject({ hide: { 'config/keys': 'folder' }, mounts: { '/src/web/.env': { readonly: false } } })
})

test('on a limited network the proxy is the only way out, and no name leads anywhere', () => {
  const { Env, HostConfig } = bodyOf(closed)
  expect(HostConfig).toMatchObject({
    ...{ NetworkMode: 'l'.repeat(64), Dns: ['10.213.7.2'], DnsOptions: ['timeout:1', 'attempts:1'] },
  })
  expect(Env).toEqual(
    expect.arrayContaining(['HTTPS_PROXY=http://10.213.7.2:3128', 'https_proxy=http://10.213.7.2:3128']),
  )
  expect(bodyOf(fullest)).not.toHaveProperty('Env')
  expect(bodyOf(fullest).HostConfig).not.toHaveProperty('Dns')
  // The limited network of another sandbox is none of this one's.
  expect(observedSpec(inspected(closed), closed, '', 'other').network).toBe('sbx-web-3f2a1c-net')
})

/** The working day's. */
const day: ContainerSpec = {
  ...smallest,
  workspace: { path: '/src/web', readonly: false, mode: 'clone' },
  volumes: {
    '/home/agent': 'sbx-web-home',
    '/src/web': 'sbx-web-workspace',
    '/src/web/node_modules': 'sbx-web-own-1',
    '/src/web/web/target': 'sbx-web-own-2',
  },
  own: { node_modules: true, 'web/target': true },
  network: 'open',
  networks: { web_default: true },
  ssh: 'agent',
}

test('a clone is a volume at the place of the workspace, which nothing of the image is copied to', () => {
  const { Mounts } = bodyOf(day).HostConfig
  const NoCopy = { VolumeOptions: { NoCopy: true } }
  expect(Mounts.filter(({ Target }) => Target.startsWith('/src/web'))).toEqual([
    { Type: 'volume', Source: 'sbx-web-workspace', Target: '/src/web', ...NoCopy },
    { Type: 'volume', Source: 'sbx-web-own-1', Target: '/src/web/node_modules', ...NoCopy },
    { Type: 'volume', Source: 'sbx-web-own-2', Target: '/src/web/web/target', ...NoCopy },
  ])
  expect(Mounts).toContainEqual({
    ...{ Type: 'bind', Source: '/run/user/1000/ssh', Target: '/run/sbx/ssh-agent.sock' },
  })
  const { Cmd } = createBody({ ...requestOf(day), owner: '1000:100' }, { ...surroundings, network: attachmentOf(day) })
  expect(Cmd).toEqual(['/src/web', '', '1000:100', 'node_modules', 'web/target'])
  expect(bodyOf(smallest).Cmd).toEqual(['/src/web', ''])
})

test('a clone that another hand made a bind of, and networks that were left, are seen', () => {
  const made = inspected(day)
  const joined = { Networks: { 'sbx-open': {}, web_default: {} } }
  const whole = observedSpec({ ...made, NetworkSettings: joined }, day, '', 'web-3f2a1c')
  const { workspace, volumes, own, networks, network, ssh } = day
  expect(whole).toMatchObject({ workspace, volumes, own, networks, network, ssh })
  const left = observedSpec({ ...made, NetworkSettings: { Networks: { 'sbx-open': {} } } }, day, '', 'web-3f2a1c')
  expect(left).toMatchObject({ network: 'open', networks: {} })
  const mounts = made.HostConfig.Mounts ?? []
  const bound = mounts
    .filter(({ Target }) => !['/src/web/node_modules', '/run/sbx/ssh-agent.sock'].includes(Target))
    .map((mount) => (mount.Target === '/src/web' ? { Type: 'bind', Source: '/src/web', Target: '/src/web' } : mount))
  const changed = { ...made, HostConfig: { ...made.HostConfig, Mounts: bound }, NetworkSettings: joined }
  const seen = observedSpec(changed, day, '', 'web-3f2a1c')
  expect(seen.workspace).toEqual({ path: '/src/web', readonly: false })
  expect(seen.own).toEqual({ 'web/target': true })
  expect(seen).not.toHaveProperty('ssh')
})

test('a named runtime and no sudo are what the container was made with, not what an older sbx decided', () => {
  const body = bodyOf(closed)
  expect(body.HostConfig).toMatchObject({ Runtime: 'runsc', SecurityOpt: ['no-new-privileges'] })
  const applied = labelledSettings(body.Labels[labels.settings])
  expect(applied).toMatchObject({ runtime: 'runsc', securityOptions: ['no-new-privileges'] })
  expect(isOlderThanThis(applied)).toBe(false)
  const byHand = readSettings({ Config: body, HostConfig: { ...body.HostConfig, Runtime: 'runc', SecurityOpt: null } })
  expect(byHand).toMatchObject({ runtime: 'runc', securityOptions: [] })
  expect(bodyOf(smallest).HostConfig).not.toHaveProperty('Runtime')
  expect(bodyOf(smallest).HostConfig).not.toHaveProperty('SecurityOpt')
})

test.each<readonly [string, Partial<ContainerSpec>, string]>([
  ['nothing new', {}, '1'],
  ['a limited network', { network: 'limited' }, '2'],
  ['hidden paths', { hide: {} }, '2'],
  ['no sudo', { sudo: false }, '2'],
  ['a runtime', { isolation: 'kata' }, '2'],
  ['a clone', { workspace: { path: '/src/web', readonly: false, mode: 'clone' } }, '3'],
])('a container with %s is for every sbx that knows what it has', (_, part, version) => {
  expect(bodyOf({ ...smallest, ...part }).Labels[labels.version]).toBe(version)
})
