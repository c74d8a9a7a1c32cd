// What a verification says where the engine itself gets in its way.

import { afterEach, expect, test } from 'vitest'
import { containerLabels, limitedNetworkLabels } from '../../src/engine/labels/labels.js'
import { proxyLabels } from '../../src/engine/labels/proxy-labels.js'
import { verifyNetwork } from '../../src/engine/egress/verify-network.js'
import { agentHome, containerName, homeVolumeName, limitedNetworkName, proxyName } from '../../src/model/names.js'
import type { ContainerSpec } from '../../src/model/spec.js'
import { Refusal, scriptedEngine, type ScriptedEngine } from './support/scripted-engine.js'

const scope = 'verify'
const sandbox = { id: 'v-000001', displayName: 'v', workspace: '/w', inode: '1:2:3', agent: 'shell', profile: null }
const spec: ContainerSpec = {
  template: { kind: 'image', reference: 'debian' },
  setup: [],
  workspace: { path: '/w', readonly: false },
  volumes: { [agentHome]: homeVolumeName(scope, sandbox.id) },
  mounts: {},
  ...{ socket: 'none', credentials: 'none', network: 'limited', ports: {} },
}
const common = { sandbox, recipe: '', replaces: null }
const request = {
  ...{ ...common, name: containerName(scope, sandbox.id, spec, null), spec },
  ...{ resources: { pids: 100 }, image: 'debian' },
}
const proxy = {
  ...{ ...common, name: proxyName(scope, sandbox.id, { allow: {} }, null), spec: { allow: {} } },
  ...{ agentHosts: [], image: 'debian' },
}
const name = limitedNetworkName(scope, sandbox.id)
const network = {
  ...{ Id: 'net', Name: name, Labels: limitedNetworkLabels(scope, name, sandbox), Internal: true, EnableIPv6: false },
  Options: { 'com.docker.network.bridge.inhibit_ipv4': 'true' },
  IPAM: { Config: [{ Subnet: '10.213.7.0/28', Gateway: '10.213.7.1' }] },
}
const agent = {
  ...{ Id: 'agent', Name: `/${request.name}`, Config: { Labels: containerLabels(scope, request, '{}') }, Mounts: [] },
  ...{ HostConfig: { Dns: ['10.213.7.2'] }, NetworkSettings: { Networks: { [name]: {} } } },
  State: {
    ...{ Status: 'running', Running: true, ExitCode: 0 },
    ...{ StartedAt: '2026-01-01T00:00:00Z', FinishedAt: '2026-01-01T00:00:00Z' },
  },
}
const listedProxy = {
  ...{ Id: 'proxy', Names: [`/${proxy.name}`], Image: 'debian', ImageID: 'sha256:1', State: 'running', Created: 1 },
  ...{ Labels: proxyLabels(scope, proxy), Mounts: [], Ports: [] },
}

let engine: ScriptedEngine

afterEach(async () => {
  await engine.close()
})

async function verified(changed: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<unknown> {
  const answers: Readonly<Record<string, unknown>> = {
    'GET /networks': [network],
    'GET /networks/net': network,
    [`GET /networks/sbx_${scope}-open`]: { Id: 'open', Name: 'open', IPAM: { Config: [{ Gateway: '172.18.0.1' }] } },
    'GET /containers/json': [listedProxy],
    'GET /containers/agent/json': agent,
    'POST /containers/create': { Id: 'probe' },
    'POST /containers/probe/start': '',
    'POST /containers/probe/wait': { StatusCode: 0 },
    'GET /containers/probe/logs': 'proxy 403\r\nend\r\n',
    'DELETE /containers/probe': '',
    ...changed,
  }
  engine = await scriptedEngine((asked) => {
    const known = asked.replace(/\/sbx_verify-look-[0-9a-f]+$/, '/probe')
    const answer = answers[known]
    if (typeof answer === 'function') return void (answer as () => void)()
    return answer ?? new Refusal(404, `No such thing: ${asked}`)
  })
  return verifyNetwork(engine.client, scope, { sandboxId: sandbox.id }, 'agent', signal)
}

function told(...codes: readonly string[]): object {
  return { diagnostics: codes.map((code) => expect.objectContaining({ code }) as unknown) }
}

test('nothing is said where all is as it should be', async () => {
  expect(await verified({})).toEqual({})
})

test.each([
  ['runc', 'container:agent'],
  ['nvidia', 'container:agent'],
  ['runsc', 'net'],
  ['io.containerd.kata.v2', 'net'],
])('under %s as the engine chose it the attempt is made in %s', async (runtime, place) => {
  const HostConfig = { ...agent.HostConfig, Runtime: runtime }
  await verified({ 'GET /containers/agent/json': { ...agent, HostConfig } })
  expect(engine.bodies['POST /containers/create']).toMatchObject({ HostConfig: { NetworkMode: place } })
})

test.each([
  ['leads out', { Internal: false }],
  ['has the machine on it', { Options: {} }],
  ['has another subnet', { IPAM: { Config: [{ Subnet: '10.0.0.0/8' }] } }],
])('a network that %s lets something through, and nothing is tried on it', async (problem, change) => {
  const open = { ...network, ...change }
  const verifying = verified({ 'GET /networks': [open], 'GET /networks/net': open })
  await expect(verifying).rejects.toMatchObject(told('engine/network-reachable'))
  await expect(verifying).rejects.toMatchObject({
    diagnostics: [{ detail: expect.stringContaining(`its network ${problem}`) as string }],
  })
  expect(engine.asked).not.toContain('POST /containers/create')
})

test('what went wrong is told first, and then that the container of the attempt stays', async () => {
  const wait = new Refusal(500, 'no space left')
  const removal = new Refusal(409, 'device or resource busy')
  await expect(
    verified({ 'POST /containers/probe/wait': wait, 'DELETE /containers/probe': removal }),
  ).rejects.toMatchObject({
    diagnostics: [
      { detail: expect.stringContaining('no space left') as string },
      { code: 'engine/conflict', detail: expect.stringContaining('busy') as string },
    ],
  })
  await engine.close()
  await expect(verified({ 'DELETE /containers/probe': removal })).rejects.toMatchObject(told('engine/conflict'))
})

test('whoever has enough does not wait for the attempt, of which nothing stays', async () => {
  const enough = new AbortController()
  const verifying = verified({ 'POST /containers/probe/wait': () => enough.abort() }, enough.signal)
  await expect(verifying).rejects.toMatchObject(told('engine/interrupted'))
  expect(engine.asked.at(-1)).toMatch(/^DELETE \/containers\/sbx_verify-look-/)
})
