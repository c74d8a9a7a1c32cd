// A limited network that another hand has opened is found out, and by what.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { agentHome, containerName, homeVolumeName, limitedNetworkName, proxyName } from '../../../src/model/names.js'
import type { ContainerSpec } from '../../../src/model/spec.js'
import { proxyImage } from '../../../src/template/proxy-image.js'
import { baseImage, makeDockerSubject, type DockerSubject } from '../support/docker.js'

let subject: DockerSubject
let agent: string
let sandbox: {
  readonly id: string
  readonly displayName: string
  readonly workspace: string
  readonly inode: string
  readonly agent: string
  readonly profile: null
}
const image = proxyImage()

beforeAll(async () => {
  subject = await makeDockerSubject()
  const { engine, scope, workspace } = subject
  sandbox = { id: 'verify-000001', displayName: 'verify', workspace, inode: '1:2:3', agent: 'shell', profile: null }
  const { images } = await engine.observe('nobody-000000', [image.reference])
  if (images[image.reference] === null) for (const step of image.steps) await engine.perform(step)
  const spec: ContainerSpec = {
    template: { kind: 'image', reference: baseImage },
    setup: [],
    workspace: { path: workspace, readonly: false },
    volumes: { [agentHome]: homeVolumeName(scope, sandbox.id) },
    mounts: {},
    ...{ socket: 'none', credentials: 'none', network: 'limited', ports: {} },
  }
  const common = { sandbox, recipe: '', replaces: null }
  const proxySpec = { allow: {} }
  const name = proxyName(scope, sandbox.id, proxySpec, null)
  const proxy = await engine.perform({
    do: 'create-proxy',
    request: { ...common, name, spec: proxySpec, agentHosts: [], image: image.reference },
  })
  const made = await engine.perform({
    do: 'create-container',
    request: {
      ...common,
      ...{ name: containerName(scope, sandbox.id, spec, null), spec, resources: { pids: 100 }, image: baseImage },
    },
  })
  agent = made.containerId ?? ''
  await engine.perform({ do: 'start-proxy', target: { id: proxy.containerId ?? '' } })
  await engine.perform({ do: 'start', target: { id: agent } })
}, 240_000)

afterAll(async () => {
  await subject.close()
})

function verify(): Promise<unknown> {
  return subject.engine.perform({ do: 'verify-network', target: { id: agent }, sandboxId: sandbox.id })
}

function refusal(detail: RegExp): object {
  const code = 'engine/network-reachable'
  return { diagnostics: [expect.objectContaining({ code, detail: expect.stringMatching(detail) as string })] }
}

test('a proxy that lets nothing out is let pass', async () => {
  await verify()
})

test('another network that the agent was put onto', async () => {
  const bridge = subject.docker.getNetwork('bridge')
  await bridge.connect({ Container: agent })
  await expect(verify()).rejects.toMatchObject(refusal(/on the network bridge as well/))
  await bridge.disconnect({ Container: agent, Force: true })
})

test('another container on the network', async () => {
  const name = limitedNetworkName(subject.scope, sandbox.id)
  const stranger = await subject.docker.createContainer({
    ...{ name: `${name}-stranger`, Image: baseImage, Cmd: ['sleep', '60'] },
    HostConfig: { NetworkMode: name, Init: true },
  })
  try {
    await stranger.start()
    await expect(verify()).rejects.toMatchObject(refusal(/container \S+-stranger is on its network/))
  } finally {
    await stranger.remove({ force: true })
  }
})

test('another verification of the sandbox, on the network itself as under a runtime of its own, is no stranger', async () => {
  const probe = await subject.docker.createContainer({
    ...{ name: `sbx_${subject.scope}-look-0badcafe`, Image: baseImage, Cmd: ['sleep', '60'] },
    Labels: { 'dev.sbx.scope': subject.scope, 'dev.sbx.holder': '["","host","boot","view",1,"1"]' },
    HostConfig: { NetworkMode: limitedNetworkName(subject.scope, sandbox.id), Init: true },
  })
  try {
    await probe.start()
    await verify()
  } finally {
    await probe.remove({ force: true })
  }
})

test('a network of its name and labels that is not closed is not taken for one', async () => {
  const other = { ...sandbox, id: 'verify-000002' }
  const name = limitedNetworkName(subject.scope, other.id)
  const own = await subject.docker.getNetwork(limitedNetworkName(subject.scope, sandbox.id)).inspect()
  const labels = { ...own.Labels, 'dev.sbx.name': name, 'dev.sbx.sandbox': other.id }
  await subject.docker.createNetwork({ Name: name, Internal: true, Labels: labels })
  const making = subject.engine.perform({ do: 'create-network', access: 'limited', name, sandbox: other })
  await expect(making).rejects.toMatchObject({
    diagnostics: [
      { code: 'engine/no-isolated-network', detail: expect.stringContaining('has the machine on it') as string },
    ],
  })
})

test('a proxy that ended is told with what it wrote last', async () => {
  const { proxies = [] } = await subject.engine.observe(sandbox.id, [])
  const proxy = subject.docker.getContainer(proxies[0]?.id ?? '')
  await proxy.kill({ signal: 'SIGTERM' })
  await proxy.wait()
  const detail = expect.stringMatching(/^It does not run, but is exited\. Its last words:\n.*\S/) as string
  await expect(verify()).rejects.toMatchObject({ diagnostics: [{ code: 'engine/proxy-silent', detail }] })
  await subject.engine.perform({ do: 'remove-proxy', target: { id: proxy.id } })
  await expect(verify()).rejects.toMatchObject({ diagnostics: [{ code: 'engine/gone' }] })
})
