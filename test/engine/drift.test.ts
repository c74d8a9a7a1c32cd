// What other hands do to a container, as the real engine then shows it.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ContainerCreateOptions } from 'dockerode'
import { connectDocker } from '../../src/engine/docker.js'
import type { LiveContainer } from '../../src/model/live.js'
import { baseImage, makeDockerSubject, type DockerSubject } from './support/docker.js'
import { recordingProxy } from './support/recording-proxy.js'
import { bringUp, createSandbox, shell } from './support/sandbox.js'
import { until } from './support/until.js'

let subject: DockerSubject

beforeAll(async () => {
  subject = await makeDockerSubject()
})

afterAll(async () => {
  await subject.close()
})

async function observed(sandboxId: string): Promise<LiveContainer> {
  const { containers } = await subject.engine.observe(sandboxId, [])
  const [container] = containers
  if (container === undefined || containers.length > 1) throw new Error(`${String(containers.length)} containers`)
  return container
}

function drifted({ fixed: { applied, observed } }: LiveContainer): string[] {
  return Object.keys(applied).filter((name) => {
    const key = name as keyof typeof applied
    return observed[key] !== undefined && JSON.stringify(observed[key]) !== JSON.stringify(applied[key])
  })
}

/** As programs do that update or copy containers: removed, and made again from what inspect shows of it. Full id. */
async function makeAgain(
  id: string,
  change: { readonly config?: object; readonly host?: object } = {},
): Promise<string> {
  const { Name, Config, HostConfig } = await subject.docker.getContainer(id).inspect()
  await subject.docker.getContainer(id).remove({ force: true })
  const body = { ...Config, ...change.config, HostConfig: { ...HostConfig, ...change.host } } as ContainerCreateOptions
  const options = { _query: { name: Name.slice(1) }, _body: body } as object
  return (await subject.docker.createContainer(options)).id
}

test('a container that was made again under its name is as it was, but for what was made otherwise', async () => {
  const sandboxId = 'again-000001'
  const resources = { pids: 100, cpus: 1, memory: 64 * 1024 * 1024 }
  const id = await createSandbox(subject, { id: sandboxId, resources })
  expect(drifted(await observed(sandboxId))).toEqual([])
  const same = await makeAgain(id)
  const { observed: spec } = await observed(sandboxId)
  expect(drifted(await observed(sandboxId))).toEqual([])
  expect(spec).toMatchObject({ resources, network: 'none', mounts: {} })

  await makeAgain(same, {
    config: { User: '1000:1000', StopSignal: 'SIGKILL', Cmd: ['/elsewhere', ''] },
    host: {
      ...{ Privileged: true, PidMode: 'host', CapAdd: ['SYS_ADMIN'], RestartPolicy: { Name: 'unless-stopped' } },
      ...{ SecurityOpt: ['seccomp=unconfined'], MaskedPaths: [], CpuShares: 2, Init: false, IpcMode: 'host' },
      ...{ Binds: ['/tmp:/by-hand:ro'], MemorySwap: 128 * 1024 * 1024 },
    },
  })
  const other = await observed(sandboxId)
  expect(drifted(other).sort()).toEqual([
    ...['capabilities', 'cpuShares', 'entrypoint', 'init', 'ipcMode', 'pidMode', 'privileged', 'restartPolicy'],
    ...['securityOptions', 'stopSignal', 'swap', 'systemPaths', 'user'],
  ])
  expect(other.observed.mounts).toEqual({ '/by-hand': { source: '/tmp', readonly: true } })
})

test('the image that a container was made from is known without a call, until its name moves on', async () => {
  const sandboxId = 'image-000001'
  const name = { repo: `localhost/sbx_${subject.scope}-moving`, tag: '1' }
  const reference = `${name.repo}:${name.tag}`
  const { docker } = subject
  const { Id: first } = await docker.getImage(baseImage).inspect()
  await docker.getImage(baseImage).tag(name)
  await createSandbox(subject, { id: sandboxId, image: reference })

  const proxy = await recordingProxy(subject.endpoint.path)
  const engine = connectDocker({ endpoint: proxy.endpoint, scope: subject.scope })
  const imageNow = async () => {
    proxy.requests.length = 0
    const { images } = await engine.observe(sandboxId, [reference])
    return [images[reference], proxy.requests.filter((request) => /\/images\/(?!json)/.test(request)).length]
  }
  expect(await imageNow()).toEqual([first, 0])
  const made = await docker.createContainer({ Image: baseImage, Cmd: ['true'] })
  const { Id: second } = (await made.commit({ ...name, author: 'by hand' })) as { Id: string }
  await made.remove()
  expect(await imageNow()).toEqual([second, 1])
  await docker.getImage(reference).remove()
  expect(await imageNow()).toEqual([null, 1])
  engine.close()
  await proxy.close()
})

test('a sandbox is ready once it has said so since its start, and not when that was taken away', async () => {
  const sandboxId = 'ready-000001'
  const id = await bringUp(subject, { id: sandboxId })
  const readiness = async () => (await observed(sandboxId)).readiness
  expect(await readiness()).toBe('ready')
  await subject.docker.getContainer(id).pause()
  expect(await readiness()).toBe('ready')
  await subject.docker.getContainer(id).unpause()
  await shell(subject, id, 'rm /var/lib/sbx/ready', 'root')
  expect(await readiness()).toBe('lost')
  await subject.docker.getContainer(id).restart({ t: 5 })
  await subject.engine.perform({ do: 'await-ready', target: { id } })
  expect(await readiness()).toBe('ready')
  // As an earlier start left it, before one that never came to its end.
  await shell(subject, id, 'touch -d @0 /var/lib/sbx/ready /run/sbx/environment', 'root')
  expect(await readiness()).toBe('starting')
  await shell(subject, id, 'touch /run/sbx/environment', 'root')
  expect(await readiness()).toBe('lost')
  await subject.docker.getContainer(id).stop()
  expect(await readiness()).toBeNull()
})

test('of a sandbox that the engine cannot look into it is not said that it is not ready', async () => {
  const sandboxId = 'unseen-000001'
  const source = await mkdtemp(join(tmpdir(), 'sbx-drift-'))
  await bringUp(subject, { id: sandboxId, spec: { mounts: { '/data': { source, readonly: true } } } })
  await rm(source, { recursive: true })
  expect((await observed(sandboxId)).readiness).toBeNull()
})

test('a sandbox that is being stopped is not one that lost its mark', async () => {
  const sandboxId = 'stopping-000001'
  const id = await bringUp(subject, { id: sandboxId })
  const container = subject.docker.getContainer(id)
  const session = `trap 'touch /tmp/asked-to-end' TERM; touch /tmp/begun; while :; do sleep 0.1; done`
  const exec = await container.exec({ Cmd: ['/bin/sh', '-c', session] })
  await exec.start({ Detach: true })
  const isThere = async (path: string) =>
    container.infoArchive({ path }).then(
      () => true,
      () => false,
    )
  await until(() => isThere('/tmp/begun'))
  const stopped = container.stop({ t: 30 })
  await until(() => isThere('/tmp/asked-to-end'))
  // Null once it has stopped.
  expect(['ready', null]).toContain((await observed(sandboxId)).readiness)
  // Nobody need wait for the session; and where it is over already, that is refused.
  await Promise.allSettled([container.kill()])
  await stopped
})

test('a container that was renamed is told, and no other is made beside it on its home', async () => {
  const sandboxId = 'renamed-000001'
  const id = await createSandbox(subject, { id: sandboxId })
  const container = subject.docker.getContainer(id)
  const name = (await container.inspect()).Name.slice(1)
  const other = `${subject.scope}-by-hand`
  await container.rename({ name: other })
  const told = { code: 'engine/renamed', command: `docker rename ${other} ${name}` }
  await expect(subject.engine.observe(sandboxId, [])).rejects.toMatchObject({ diagnostics: [told] })
  const shown = await subject.engine.listWithRenamed()
  expect(shown.renamed).toMatchObject([{ id, name: other, was: name, sandbox: { id: sandboxId } }])
  expect(shown.containers.filter((each) => each.id === id)).toEqual([])
  // One with its labels alone, as an image made of it hands them on, is no concern of anybody.
  const { Config } = await container.inspect()
  const options = { _query: { name: `${other}-too` }, _body: { ...Config, HostConfig: {} } } as object
  const planted = await subject.docker.createContainer(options)
  expect((await subject.engine.listWithRenamed()).renamed).toHaveLength(1)
  await container.rename({ name })
  expect((await subject.engine.observe(sandboxId, [])).containers).toMatchObject([{ id, name }])
  await planted.remove()
})
