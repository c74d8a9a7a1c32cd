import { expect, test } from 'vitest'
import { createBody, observedSpec, updateLimits, type InspectedContainer } from '../../src/engine/translate.js'
import { containerName } from '../../src/model/names.js'
import type { ContainerRequest } from '../../src/model/plan.js'
import type { ContainerSpec, LimitsSpec } from '../../src/model/spec.js'

const surroundings = { scope: '', openNetworkId: 'n'.repeat(64), socketSource: '/run/docker.sock', facts: {} }

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
  const { HostConfig } = createBody(requestOf(spec, resources), surroundings)
  const network = HostConfig.NetworkMode === 'none' ? 'none' : 'sbx-open'
  return { HostConfig, NetworkSettings: { Networks: { [network]: {} } } }
}

test.each([
  ['the smallest', smallest, { pids: 4096 }],
  ['the fullest', fullest, { pids: 77, cpus: 0.25, memory: 2 ** 31 }],
  ['one with a third of a CPU', smallest, { pids: 1, cpus: 0.33 }],
] as const)('%s spec comes back from what was created', (_, spec, limits) => {
  const { workspace, volumes, mounts, socket, network, ports } = spec
  expect(observedSpec(inspected(spec, limits), spec, '')).toEqual({
    ...{ workspace, volumes, mounts, socket, network, ports, resources: limits },
  })
})

test('everything that the image could decide is decided', () => {
  expect(createBody(requestOf(smallest), surroundings)).toMatchObject({
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
  const { Mounts } = createBody(requestOf(fullest), surroundings).HostConfig
  const homes = Mounts.filter(({ Source }) => Source === 'sbx-web-home').map(({ Target }) => Target)
  expect(homes).toEqual(['/home/agent', '/run/sbx/home'])
})

test('binds are mounts, which an engine refuses where the source is missing', () => {
  expect(createBody(requestOf(fullest), surroundings).HostConfig).not.toHaveProperty('Binds')
})

test('memory comes with as much memory and swap', () => {
  const { HostConfig } = createBody(requestOf(smallest, { pids: 1, memory: 5 }), surroundings)
  expect(HostConfig).toMatchObject({ Memory: 5, MemorySwap: 5 })
})

test('an update says which limits are gone', () => {
  const update = updateLimits({ pids: 5 })
  expect(update).toMatchObject({ PidsLimit: 5, CpuQuota: -1 })
  const after = { HostConfig: update, NetworkSettings: { Networks: { none: {} } } }
  expect(observedSpec(after, smallest, '').resources).toEqual({ pids: 5 })
})

test('what another hand changed is seen', () => {
  const made = inspected(fullest)
  const changed: InspectedContainer = {
    HostConfig: { ...made.HostConfig, Binds: ['/etc:/mnt/etc:ro', 'cache:/cache'], NanoCpus: 2e9, PidsLimit: -1 },
    NetworkSettings: { Networks: { web_default: {}, 'sbx-open': {} } },
  }
  const { mounts, volumes, network, resources } = observedSpec(changed, fullest, '')
  expect(mounts).toEqual({ ...fullest.mounts, '/mnt/etc': { source: '/etc', readonly: true } })
  expect(volumes).toEqual({ ...fullest.volumes, '/cache': 'cache' })
  expect(network).toBe('sbx-open,web_default')
  expect(resources).toEqual({ cpus: 2, pids: 0 })
})

test("a mount of one's own at the socket's place is a mount", () => {
  const spec = { ...smallest, mounts: { '/var/run/docker.sock': { source: '/srv/proxy.sock', readonly: false } } }
  expect(observedSpec(inspected(spec), spec, '')).toMatchObject({ socket: 'none', mounts: spec.mounts })
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
  const { mounts, ports, volumes } = observedSpec(changed, fullest, '')
  expect(ports).toEqual({ ...fullest.ports, '3000/tcp (2)': { address: '0.0.0.0', hostPort: 80 } })
  expect(mounts).toEqual({ ...fullest.mounts, '/cache': { source: 'tmpfs', readonly: false } })
  expect(volumes).toEqual({ ...fullest.volumes, '/run/sbx/home': 'another' })
})
