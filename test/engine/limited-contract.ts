// A limited network on every engine: made once, told from the list of containers, let out by one proxy at a time.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Engine } from '../../src/model/engine.js'
import { agentHome, containerName, homeVolumeName, limitedNetworkName, proxyName } from '../../src/model/names.js'
import type { ContainerRequest, ProxyRequest } from '../../src/model/plan.js'
import type { ContainerSpec, ProxySpec } from '../../src/model/spec.js'
import { proxyImage } from '../../src/template/proxy-image.js'
import type { Subject } from './contract.js'

const sandbox = {
  ...{ id: 'limited-000001', displayName: 'limited', workspace: '', inode: '1:2:3', agent: 'shell', profile: null },
}

export function describeLimitedContract(name: string, makeSubject: () => Promise<Subject>): void {
  describe(`${name} with a limited network`, () => {
    let subject: Subject
    let engine: Engine
    const image = proxyImage()

    beforeAll(async () => {
      subject = await makeSubject()
      engine = subject.engine
      const { images } = await engine.observe('nobody-000000', [image.reference])
      if (images[image.reference] === null) for (const step of image.steps) await engine.perform(step)
      await engine.perform({ do: 'create-network', access: 'open' })
    }, 240_000)

    afterAll(async () => {
      await subject.close()
    })

    function network() {
      const owner = { ...sandbox, workspace: subject.workspace }
      const called = limitedNetworkName(subject.scope, sandbox.id)
      return { do: 'create-network', access: 'limited', name: called, sandbox: owner } as const
    }

    function proxyRequest(allow: readonly string[], replaces: string | null = null): ProxyRequest {
      const spec: ProxySpec = { allow: Object.fromEntries(allow.map((host) => [host, true as const])) }
      return {
        name: proxyName(subject.scope, sandbox.id, spec, replaces),
        sandbox: { ...sandbox, workspace: subject.workspace },
        ...{ spec, agentHosts: ['api.example:443'], image: image.reference, recipe: 'recipe-1', replaces },
      }
    }

    function agentRequest(): ContainerRequest {
      const spec: ContainerSpec = {
        template: { kind: 'image', reference: subject.image },
        setup: [],
        workspace: { path: subject.workspace, readonly: false },
        volumes: { [agentHome]: homeVolumeName(subject.scope, sandbox.id) },
        mounts: {},
        ...{ socket: 'none', credentials: 'none', network: 'limited', ports: {} },
      }
      return {
        name: containerName(subject.scope, sandbox.id, spec, null),
        sandbox: { ...sandbox, workspace: subject.workspace },
        ...{ spec, resources: { pids: 100 }, image: subject.image, recipe: '', replaces: null },
      }
    }

    const proxies = async () => (await engine.observe(sandbox.id, [])).proxies ?? []
    const make = async (request: ProxyRequest): Promise<{ readonly id: string }> => {
      const { containerId } = await engine.perform({ do: 'create-proxy', request })
      if (containerId === undefined) throw new Error('the engine gave no id')
      return { id: containerId }
    }

    test('the whole life of one: made, verified, replaced, stopped, removed', async () => {
      await Promise.all([engine.perform(network()), engine.perform(network())])
      const { networks } = await engine.listLeftovers()
      expect(networks.filter(({ sandboxId }) => sandboxId === sandbox.id)).toHaveLength(1)

      const first = proxyRequest(['a.example:443'])
      const strange = { do: 'create-proxy', request: proxyRequest(['taken.example:443']) } as const
      await subject.occupy(strange.request.name)
      const taken = { diagnostics: [{ code: 'engine/name-taken' }] }
      await expect(engine.checkNames([strange])).rejects.toMatchObject(taken)
      await expect(engine.perform(strange)).rejects.toMatchObject(taken)
      const target = await make(first)
      // Our own is no stranger.
      await engine.checkNames([{ do: 'create-proxy', request: first }])
      expect(await engine.perform({ do: 'create-proxy', request: first })).toEqual({
        containerId: target.id,
        made: false,
      })
      expect(await engine.madeBy({ do: 'create-proxy', request: first })).toMatchObject({ containerId: target.id })
      const { name, spec, recipe, replaces } = first
      const told = { id: target.id, name, spec, recipe, replaces, isOnItsNetworks: true }
      expect(await proxies()).toEqual([expect.objectContaining({ ...told, state: 'created' })])
      expect(await engine.list()).toEqual([])

      const { containerId: agent = '' } = await engine.perform({ do: 'create-container', request: agentRequest() })
      expect(await engine.perform({ do: 'start-proxy', target })).toMatchObject({ made: true })
      expect(await engine.perform({ do: 'start-proxy', target })).toMatchObject({ made: false })
      await engine.perform({ do: 'start', target: { id: agent } })
      await engine.perform({ do: 'await-ready', target: { id: agent } })
      const { containers } = await engine.observe(sandbox.id, [])
      expect(containers).toMatchObject([{ observed: { network: 'limited' }, startable: true }])
      expect(containers[0]?.fixed.observed.dns).toEqual(containers[0]?.fixed.applied.dns)
      const survey = await engine.survey([])
      expect(survey.proxies).toMatchObject([{ ...told, sandboxId: sandbox.id, state: 'running' }])
      expect(survey.containers).toMatchObject([{ id: agent, isAsLabelled: true }])
      const verification = { do: 'verify-network', target: { id: agent }, sandboxId: sandbox.id } as const
      await engine.perform(verification)

      const second = await make(proxyRequest(['b.example:443'], target.id))
      await expect(engine.perform({ do: 'start-proxy', target: second })).rejects.toMatchObject({
        diagnostics: [{ code: 'engine/address-taken' }],
      })
      expect(await engine.perform({ do: 'stop-proxy', target })).not.toMatchObject({ made: false })
      expect(await engine.perform({ do: 'stop-proxy', target })).toMatchObject({ made: false })
      await engine.perform({ do: 'start-proxy', target: second })
      await engine.perform(verification)
      await engine.perform({ do: 'remove-proxy', target })
      expect(await engine.perform({ do: 'remove-proxy', target })).toMatchObject({ made: false })
      expect(await engine.perform({ do: 'stop-proxy', target })).toMatchObject({ made: false })
      expect(await proxies()).toMatchObject([{ id: second.id, state: 'running', replaces: target.id }])
      expect((await engine.listLeftovers()).proxies).toMatchObject([{ id: second.id, sandboxId: sandbox.id }])

      const removal = { do: 'remove-network', id: network().name } as const
      await expect(engine.perform(removal)).rejects.toThrow()
      await engine.perform({ do: 'stop', target: { id: agent } })
      await expect(engine.perform(verification)).rejects.toMatchObject({ diagnostics: [{ code: 'engine/gone' }] })
      await engine.perform({ do: 'stop-proxy', target: second })
      await engine.perform(removal)
      expect(await engine.perform(removal)).toMatchObject({ made: false })
      expect(await proxies()).toMatchObject([{ id: second.id, isOnItsNetworks: false }])
      await engine.perform({ do: 'remove-proxy', target: second })
      expect((await engine.observe(sandbox.id, [])).proxies).toBeUndefined()
    })
  })
}
