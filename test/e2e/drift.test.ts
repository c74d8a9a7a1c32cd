// What other hands, a newer sbx and a moved name do to a sandbox whose file stays as it is.

import type Docker from 'dockerode'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { onlySandbox, type PlanDocument, type PlannedDocument } from './support/documents.js'
import { Project } from './support/project.js'
import { startRecordingProxy, type RecordingProxy } from './support/recording-proxy.js'

const mebibyte = 2 ** 20

let project: Project
let proxy: RecordingProxy
let images: readonly string[]

beforeAll(async () => {
  project = await Project.create()
  proxy = await startRecordingProxy(project.beside('engine.sock'))
  await project.write('agent: shell\n')
  await project.ok(['apply', '--yes'])
  images = [await commit('first'), await commit('second')]
})
afterAll(async () => {
  await proxy.close()
  await project.remove()
  for (const id of images) await project.docker.getImage(id).remove({ force: true })
})

/** An image of its own, as small as a label on that of the sandbox; gives its id. */
async function commit(word: string): Promise<string> {
  const { Image } = (await project.container()).Config
  const container = await project.docker.createContainer({ Image })
  const committed: unknown = await container.commit({ repo: `localhost/${project.scope}`, tag: word })
  await container.remove()
  return (committed as { readonly Id: string }).Id
}

async function plan(): Promise<PlannedDocument> {
  return onlySandbox(await project.json<PlanDocument>(['plan']))
}

/** Of the one container there is. */
async function byHand(): Promise<Docker.Container> {
  return project.docker.getContainer((await project.container()).Id)
}

async function asRoot(...command: readonly string[]): Promise<void> {
  const exec = await (await byHand()).exec({ Cmd: [...command], User: '0:0', AttachStdout: true })
  const stream = await exec.start({})
  await new Promise((resolve) => stream.on('end', resolve).resume())
}

/** As programs do that copy containers: removed, and made and started again under its name and with its labels. */
async function makeAgain(change: (body: Docker.ContainerInspectInfo) => object): Promise<string> {
  const inspected = await project.container()
  await project.docker.getContainer(inspected.Id).remove({ force: true })
  const options = { _query: { name: inspected.Name.slice(1) }, _body: change(inspected) } as object
  const container = await project.docker.createContainer(options)
  await container.start()
  return container.id
}

describe('what can be put back in place', () => {
  test('must be: the restart policy, and by a restart the mark that it is ready', async () => {
    const before = await project.container()
    await (await byHand()).update({ RestartPolicy: { Name: 'always' } })
    await asRoot('rm', '/var/lib/sbx/ready')
    const { action, reason, changes } = await plan()
    expect({ action, reason }).toEqual({ action: 'update', reason: 'drifted' })
    const drift = { op: 'change', origin: 'drift' }
    expect(changes).toEqual([
      { ...drift, path: '/restartPolicy', effect: 'live', before: 'always', after: 'no', last_applied: 'no' },
      { ...drift, path: '/ready', effect: 'restart', before: false, after: true, last_applied: true },
    ])
    await project.ok(['apply', '--yes'])
    const after = await project.container()
    expect(after.Id).toBe(before.Id)
    expect(after.HostConfig.RestartPolicy?.Name).toBe('no')
    expect(after.State.StartedAt).not.toBe(before.State.StartedAt)
  })

  test('must be left where the file says so, and shown', async () => {
    await project.write('agent: shell\nlifecycle: { ignoreDrift: [resources.memory, swap] }\n')
    await (await byHand()).update({ Memory: 300 * mebibyte, MemorySwap: 300 * mebibyte })
    const text = await project.ok(['plan'])
    expect(text).toContain('No changes.')
    expect(text).toMatch(/resources\.memory\n +last applied +\(no limit\)\n +live now +300m\n.*\n.*nothing \(ignored\)/)
    await project.ok(['apply', '--yes'])
    expect((await project.container()).HostConfig.Memory).toBe(300 * mebibyte)
  })
})

describe('with an unchanged file', () => {
  const moving = (): string => `localhost/${project.scope}:moving`

  async function tag(id: string | undefined): Promise<void> {
    await project.docker.getImage(id ?? '').tag({ repo: `localhost/${project.scope}`, tag: 'moving' })
  }

  /** Applies, and sees that a new container was made while the old one ran, which was stopped after that. */
  async function expectReplaced(...flags: readonly string[]): Promise<Docker.ContainerInspectInfo> {
    const before = await project.container()
    expect(before.State.Running).toBe(true)
    proxy.take()
    await project.ok(['apply', '--yes', '--discard', ...flags], { env: { DOCKER_HOST: proxy.endpoint } })
    const calls = proxy.take().map(({ method, url }) => `${method} ${url.replace(/\?.*/, '')}`)
    const [create, stop] = [
      calls.indexOf('POST /containers/create'),
      calls.indexOf(`POST /containers/${before.Id}/stop`),
    ]
    expect(create).toBeGreaterThan(0)
    expect(stop).toBeGreaterThan(create)
    expect(calls.slice(0, stop).filter((call) => call === `DELETE /containers/${before.Id}`)).toEqual([])
    const after = await project.container()
    expect(after.State.Running).toBe(true)
    const labels = (of: Docker.ContainerInspectInfo) => of.Config.Labels
    expect(labels(after)['dev.sbx.replaces']).toBe(before.Id)
    expect(labels(after)['dev.sbx.spec']).toBe(labels(before)['dev.sbx.spec'])
    return after
  }

  test('a newer sbx must be a note and keep the container', async () => {
    await tag(images[0])
    await project.write(`agent: shell\ntemplate: ${moving()}\n`)
    await project.ok(['apply', '--yes', '--discard', '--allow', 'template'])
    // As an sbx with another entrypoint and recipe, and from before one label, has made it.
    const id = await makeAgain(({ Config, HostConfig }) => {
      const { 'dev.sbx.settings': _, ...labels } = Config.Labels
      const [shell = '', flag = '', script = '', name = ''] = Config.Entrypoint ?? []
      return {
        ...Config,
        Entrypoint: [shell, flag, `${script}\n# older`, name],
        Labels: { ...labels, 'dev.sbx.entrypoint': '0123abcd', 'dev.sbx.recipe': 'older' },
        HostConfig,
      }
    })
    await project.ok(['apply', '--yes'])
    expect(await plan()).toMatchObject({
      ...{ action: 'reuse', changes: [] },
      notes: [
        { kind: 'newer_recipe', what: 'image' },
        { kind: 'newer_recipe', what: 'entrypoint' },
      ],
    })
    expect((await project.container()).Id).toBe(id)
  })

  test('a recreate that is asked for must make the new container beside the old', async () => {
    await expectReplaced('--recreate')
  })

  test('a name that moved on must do so with --upgrade', async () => {
    await tag(images[1])
    expect((await expectReplaced('--upgrade')).Image).toBe(images[1])
  })

  test('drift that only a new container ends must do so too', async () => {
    await makeAgain(({ Config, HostConfig }) => ({ ...Config, HostConfig: { ...HostConfig, IpcMode: 'host' } }))
    expect((await expectReplaced()).HostConfig.IpcMode).not.toBe('host')
  })
})
