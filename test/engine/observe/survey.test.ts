// What a list shows of a container, beside the spec that its labels have: whatever differs is worth an inspection.

import type { ContainerInfo } from 'dockerode'
import { expect, test } from 'vitest'
import { isAsLabelled } from '../../../src/engine/observe/survey.js'
import type { ContainerSpec } from '../../../src/model/spec.js'

const spec: ContainerSpec = {
  template: { kind: 'built-in', name: 'shell' },
  setup: [],
  workspace: { path: '/src/web', readonly: false },
  volumes: { '/home/agent': 'sbx-web-home' },
  mounts: { '/data': { source: '/srv/data', readonly: true } },
  socket: 'host',
  credentials: 'none',
  network: 'open',
  ports: { '3000/tcp': { address: '127.0.0.1', hostPort: 8080 }, '53/udp': { address: '0.0.0.0', hostPort: null } },
}

const sandbox = {
  ...{ id: 'web-3f2a1c', displayName: 'web', workspace: '/src/web', inode: '', agent: 'shell', profile: null },
}

function bind(source: string, target: string, isWritable = true): ContainerInfo['Mounts'][number] {
  return { Type: 'bind', Source: source, Destination: target, Mode: '', RW: isWritable, Propagation: 'rprivate' }
}

function volume(name: string, target: string): ContainerInfo['Mounts'][number] {
  const Source = `/var/lib/docker/volumes/${name}/_data`
  return { Type: 'volume', Name: name, Source, Destination: target, Mode: 'z', RW: true, Propagation: '' }
}

type Listed = Parameters<typeof isAsLabelled>[0]

const listed: Listed = {
  Mounts: [
    bind('/src/web', '/src/web'),
    volume('sbx-web-home', '/home/agent'),
    volume('sbx-web-home', '/run/sbx/home'),
    bind('/srv/data', '/data', false),
    bind('/run/user/1000/docker.sock', '/var/run/docker.sock'),
    volume('0123456789abcdef'.repeat(4), '/var/lib/postgresql'),
  ],
  Ports: [
    { IP: '127.0.0.1', PrivatePort: 3000, PublicPort: 8080, Type: 'tcp' },
    { IP: '0.0.0.0', PrivatePort: 53, PublicPort: 49153, Type: 'udp' },
    // Exposed by the image, published nowhere.
    { PrivatePort: 5432, Type: 'tcp' } as ContainerInfo['Ports'][number],
  ],
  NetworkSettings: { Networks: { 'sbx-open': {} as ContainerInfo['NetworkSettings']['Networks'][string] } },
}

function changed(change: Partial<Listed>): boolean {
  return isAsLabelled({ ...listed, ...change }, { spec, state: 'running', sandbox }, '')
}

test('what was made as it was asked for is as its labels say', () => {
  expect(changed({})).toBe(true)
})

test('one that does not run has no ports published', () => {
  expect(isAsLabelled({ ...listed, Ports: [] }, { spec, state: 'exited', sandbox }, '')).toBe(true)
  expect(changed({ Ports: [] })).toBe(false)
})

test.each([
  ['another network', { NetworkSettings: { Networks: { bridge: {} } } }],
  ['one network more', { NetworkSettings: { Networks: { 'sbx-open': {}, bridge: {} } } }],
  ['no network', { NetworkSettings: { Networks: {} } }],
  ['a mount less', { Mounts: listed.Mounts.slice(1) }],
  ['a mount more', { Mounts: [...listed.Mounts, bind('/etc', '/host-etc')] }],
  ['a mount that can be written', { Mounts: listed.Mounts.map((each) => ({ ...each, RW: true })) }],
  ['another source', { Mounts: [bind('/src/other', '/src/web'), ...listed.Mounts.slice(1)] }],
  [
    'another volume',
    { Mounts: listed.Mounts.map((each) => (each.Destination === '/home/agent' ? { ...each, Name: 'other' } : each)) },
  ],
  ['another port', { Ports: listed.Ports.map((each) => ({ ...each, PublicPort: 8081 })) }],
  ['another address', { Ports: listed.Ports.map((each) => ({ ...each, IP: '::' })) }],
  ['a port more', { Ports: [...listed.Ports, { IP: '0.0.0.0', PrivatePort: 22, PublicPort: 22, Type: 'tcp' }] }],
] as const)('%s is seen', (_, change) => {
  expect(changed(change as unknown as Partial<Listed>)).toBe(false)
})

test('a clone, own folders, the ssh agent and networks that are joined are as they were asked for', () => {
  const day: ContainerSpec = {
    ...{ ...spec, workspace: { path: '/src/web', readonly: false, mode: 'clone' }, ssh: 'agent' },
    own: { node_modules: true },
    networks: { web_default: true },
    volumes: { ...spec.volumes, '/src/web': 'sbx-web-workspace', '/src/web/node_modules': 'sbx-web-own' },
  }
  const Mounts = [
    ...listed.Mounts.slice(1),
    volume('sbx-web-workspace', '/src/web'),
    volume('sbx-web-own', '/src/web/node_modules'),
    bind('/tmp/ssh-x/agent.1', '/run/sbx/ssh-agent.sock'),
  ]
  const of = (names: readonly string[], mounts: Listed['Mounts']): boolean => {
    const NetworkSettings = {
      Networks: Object.fromEntries(names.map((name) => [name, {}])),
    } as Listed['NetworkSettings']
    return isAsLabelled({ ...listed, Mounts: mounts, NetworkSettings }, { spec: day, state: 'running', sandbox }, '')
  }
  expect(of(['sbx-open', 'web_default'], Mounts)).toBe(true)
  expect(of(['sbx-open'], Mounts)).toBe(false)
  expect(of(['sbx-open', 'bridge'], Mounts)).toBe(false)
  expect(of(['sbx-open', 'web_default', 'bridge'], Mounts)).toBe(false)
  expect(
    of(['sbx-open', 'web_default'], [bind('/src/web', '/src/web'), ...Mounts.slice(0, -3), ...Mounts.slice(-2)]),
  ).toBe(false)
})

test('a limited network is the own one, and what is hidden is covered as it was asked for', () => {
  const closed: ContainerSpec = { ...spec, network: 'limited', ports: {}, hide: { '.env': 'file', keys: 'folder' } }
  const covers = [bind('/dev/null', '/src/web/.env', false), { ...bind('', '/src/web/keys'), Type: 'tmpfs' }]
  const of = (network: string, Mounts: Listed['Mounts']): boolean => {
    const NetworkSettings = { Networks: { [network]: {} } } as Listed['NetworkSettings']
    return isAsLabelled({ Mounts, Ports: [], NetworkSettings }, { spec: closed, state: 'running', sandbox }, '')
  }
  expect(of('sbx-web-3f2a1c-net', [...listed.Mounts, ...covers])).toBe(true)
  expect(of('sbx-other-3f2a1c-net', [...listed.Mounts, ...covers])).toBe(false)
  expect(of('sbx-web-3f2a1c-net', [...listed.Mounts, ...covers.slice(1)])).toBe(false)
  expect(of('sbx-web-3f2a1c-net', listed.Mounts)).toBe(false)
})
