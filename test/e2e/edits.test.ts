// Every key of sandbox.yaml: what editing it does to a sandbox that runs is what docs/config.md promises, seen on the
// engine and not only in the plan.

import { mkdir, writeFile } from 'node:fs/promises'
import type { ContainerInspectInfo } from 'dockerode'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ListDocument, onlySandbox, type PlanDocument } from './support/documents.js'
import { Project } from './support/project.js'

type File = Readonly<Record<string, unknown>>

type Edit = {
  readonly key: string
  /** What the file says beside what it said before; undefined takes a key out. */
  readonly edit: File
  /** The path that the plan names. */
  readonly path: string
  /** What is different afterwards, as only the engine or a session can tell. */
  readonly seen: (project: Project, container: ContainerInspectInfo) => unknown
  readonly as: unknown
}

/** A project whose file is edited step by step, so that each step costs one plan and one apply. */
class EditedProject {
  #file: File

  private constructor(
    readonly project: Project,
    file: File,
  ) {
    this.#file = file
  }

  static async create(file: File): Promise<EditedProject> {
    const project = await Project.create()
    await mkdir(project.beside('data'))
    await writeFile(project.beside('data/note'), 'from the host')
    await writeFile(`${project.folder}/.env.sandbox`, 'FROM_FILE=one\n')
    const edited = new EditedProject(project, file)
    await edited.edit({})
    await edited.apply()
    await project.inside('echo kept > ~/note')
    return edited
  }

  /** JSON is YAML. */
  async edit(edit: File): Promise<void> {
    this.#file = { ...this.#file, ...edit }
    await this.project.write(JSON.stringify(this.#file))
  }

  async plan(): Promise<ReturnType<typeof onlySandbox>> {
    return onlySandbox(await this.project.json<PlanDocument>(['plan']))
  }

  /** Without `--discard`: a sandbox in which nobody worked has nothing to lose. */
  async apply(): Promise<void> {
    await this.project.ok(['apply', '--yes', '--allow-widen'])
  }

  /** Does one edit and gives the container before and after it, and what the plan said. */
  async take({ edit, path }: Pick<Edit, 'edit' | 'path'>): Promise<{
    readonly before: ContainerInspectInfo
    readonly after: ContainerInspectInfo
    readonly action: string
    readonly effects: readonly string[]
  }> {
    const before = await this.project.container()
    await this.edit(edit)
    const { action, changes } = await this.plan()
    const at = changes.filter((change) => change.path === path || change.path.startsWith(`${path}/`))
    await this.apply()
    const after = await this.project.container()
    expect((await this.plan()).action).toBe('reuse')
    return { before, after, action, effects: [...new Set(at.map(({ effect }) => effect))] }
  }
}

const dataMount = (project: Project): string => `${project.beside('data')}:/data`
const imageOf = (project: Project): string => `localhost/${project.scope}:edit`

describe('editing a file', () => {
  let edited: EditedProject
  let project: Project
  beforeAll(async () => {
    edited = await EditedProject.create({ name: 'edited', agent: 'shell', resources: { memory: '256m' } })
    project = edited.project
    const [shell] = await project.docker.listImages({ filters: { reference: ['localhost/sbx-shell'] } as never })
    if (shell === undefined) throw new Error('the shell template was not built')
    await project.docker.getImage(shell.Id).tag({ repo: `localhost/${project.scope}`, tag: 'edit' })
  })
  afterAll(async () => {
    await project.remove()
    await project.docker.getImage(imageOf(project)).remove()
  })

  const nextSession: readonly Edit[] = [
    {
      key: 'agent.args',
      edit: { agent: { name: 'shell', args: ['-c', 'echo from the file'] } },
      path: '/agent/args',
      seen: (sandbox) => sandbox.ok(['run']),
      as: 'from the file\n',
    },
    {
      key: 'agent.autonomy',
      edit: { agent: { name: 'shell', autonomy: 'ask' } },
      path: '/agent/autonomy',
      seen: (sandbox) => sandbox.json(['inspect']),
      as: [
        expect.objectContaining({
          session: expect.objectContaining({ agent: { name: 'shell', args: [], autonomy: 'ask' } }),
        }),
      ],
    },
    {
      key: 'env',
      edit: { env: { GREETING: 'hello' } },
      path: '/env',
      seen: (sandbox) => sandbox.inside('echo $GREETING'),
      as: 'hello',
    },
    {
      key: 'env taken out',
      edit: { env: undefined },
      path: '/env',
      seen: (sandbox) => sandbox.inside('echo "<$GREETING>"'),
      as: '<>',
    },
    {
      key: 'envFile',
      edit: { envFile: ['.env.sandbox'] },
      path: '/envFile',
      seen: (sandbox) => sandbox.inside('echo $FROM_FILE'),
      as: 'one',
    },
    {
      key: 'secrets',
      edit: { secrets: { TOKEN: { file: '../secret' } } },
      path: '/secrets',
      seen: (sandbox) => sandbox.inside('echo $TOKEN'),
      as: 'a secret of the host',
    },
    {
      key: 'git',
      edit: { git: { name: 'Ada', email: 'ada@example.com' } },
      path: '/git',
      seen: (sandbox) => sandbox.inside('git config user.email'),
      as: 'ada@example.com',
    },
  ]

  test.each(nextSession)('$key must reach the next session and leave the container alone', async (row) => {
    await writeFile(project.beside('secret'), 'a secret of the host')
    const { before, after, action, effects } = await edited.take(row)
    expect({ action, effects }).toEqual({ action: 'update', effects: ['next_session'] })
    expect(after.Id).toBe(before.Id)
    expect(after.State).toEqual(before.State)
    expect(await row.seen(project, after)).toEqual(row.as)
  })

  test('a value in an env file must reach the next session without an edit of sandbox.yaml', async () => {
    await writeFile(`${project.folder}/.env.sandbox`, 'FROM_FILE=two\n')
    const { before, after, action, effects } = await edited.take({ edit: {}, path: '/envFile' })
    expect({ action, effects }).toEqual({ action: 'update', effects: ['next_session'] })
    expect(after.State.StartedAt).toBe(before.State.StartedAt)
    expect(await project.inside('echo $FROM_FILE')).toBe('two')
  })

  const inPlace: readonly Edit[] = [
    {
      key: 'resources.memory, lowered',
      edit: { resources: { memory: '128m' } },
      path: '/resources/memory',
      seen: (_, { HostConfig }) => [HostConfig.Memory, HostConfig.MemorySwap],
      as: [128 * 2 ** 20, 128 * 2 ** 20],
    },
    {
      key: 'resources.memory, raised',
      edit: { resources: { memory: '512m' } },
      path: '/resources/memory',
      seen: (_, { HostConfig }) => [HostConfig.Memory, HostConfig.MemorySwap],
      as: [512 * 2 ** 20, 512 * 2 ** 20],
    },
    {
      key: 'resources.cpus',
      edit: { resources: { memory: '512m', cpus: 1.5 } },
      path: '/resources/cpus',
      seen: (_, { HostConfig }) => (HostConfig.CpuQuota ?? 0) / (HostConfig.CpuPeriod ?? 1),
      as: 1.5,
    },
    {
      key: 'resources.cpus, taken out',
      edit: { resources: { memory: '512m' } },
      path: '/resources/cpus',
      seen: (_, { HostConfig }) => (HostConfig.CpuQuota ?? 0) > 0,
      as: false,
    },
    {
      key: 'resources.pids',
      edit: { resources: { memory: '512m', pids: 200 } },
      path: '/resources/pids',
      seen: (_, { HostConfig }) => HostConfig.PidsLimit,
      as: 200,
    },
  ]

  test.each(inPlace)('$key must be updated in place', async (row) => {
    const { before, after, action, effects } = await edited.take(row)
    expect({ action, effects }).toEqual({ action: 'update', effects: ['live'] })
    expect(after.Id).toBe(before.Id)
    expect(after.State).toEqual(before.State)
    expect(await row.seen(project, after)).toEqual(row.as)
  })

  test('resources.memory, taken out, must recreate and keep the home, since no engine can unset it', async () => {
    const { before, after, action, effects } = await edited.take({
      edit: { resources: undefined },
      path: '/resources/memory',
    })
    expect({ action, effects }).toEqual({ action: 'recreate', effects: ['recreate'] })
    expect(after.Id).not.toBe(before.Id)
    expect(after.HostConfig.Memory).toBe(0)
    expect(await project.inside('cat ~/note')).toBe('kept')
  })

  const forcing: readonly (Omit<Edit, 'edit'> & { readonly edit: (project: Project) => File })[] = [
    {
      key: 'setup',
      edit: () => ({ setup: ['echo built > /opt/made'] }),
      path: '/setup',
      seen: (sandbox) => sandbox.inside('cat /opt/made'),
      as: 'built',
    },
    {
      key: 'template',
      edit: (sandbox) => ({ setup: undefined, template: imageOf(sandbox) }),
      path: '/template',
      seen: (sandbox, { Config }) => Config.Image === imageOf(sandbox),
      as: true,
    },
    {
      key: 'workspace.readonly',
      edit: () => ({ template: undefined, workspace: { readonly: true } }),
      path: '/workspace/readonly',
      seen: (sandbox) => sandbox.inside('touch here 2>/dev/null || echo refused'),
      as: 'refused',
    },
    {
      key: 'mounts',
      edit: (sandbox) => ({ workspace: undefined, mounts: [dataMount(sandbox)] }),
      path: '/mounts',
      seen: (sandbox) => sandbox.inside('cat /data/note'),
      as: 'from the host',
    },
    {
      key: 'mounts, made read-only',
      edit: (sandbox) => ({ mounts: [`${dataMount(sandbox)}:ro`] }),
      path: '/mounts',
      seen: (sandbox) => sandbox.inside('sudo touch /data/more 2>/dev/null || echo refused'),
      as: 'refused',
    },
    {
      key: 'mounts, taken out',
      edit: () => ({ mounts: undefined }),
      path: '/mounts',
      seen: (sandbox) => sandbox.inside('test -e /data || echo gone'),
      as: 'gone',
    },
    {
      key: 'socket',
      edit: () => ({ socket: 'host' }),
      path: '/socket',
      seen: (sandbox) => sandbox.inside('test -w /var/run/docker.sock && echo writable'),
      as: 'writable',
    },
    {
      key: 'network',
      edit: () => ({ socket: undefined, network: 'none' }),
      path: '/network',
      seen: (_, { NetworkSettings }) => Object.keys(NetworkSettings.Networks),
      as: ['none'],
    },
    {
      key: 'ports',
      edit: () => ({ network: undefined, ports: ['3000'] }),
      path: '/ports',
      seen: (_, { NetworkSettings }) => NetworkSettings.Ports['3000/tcp']?.map(({ HostIp }) => HostIp),
      as: ['127.0.0.1'],
    },
  ]

  test.each(forcing)('$key must recreate and keep the home', async (row) => {
    const { before, after, action, effects } = await edited.take({ edit: row.edit(project), path: row.path })
    expect({ action, effects }).toEqual({ action: 'recreate', effects: ['recreate'] })
    expect(after.Id).not.toBe(before.Id)
    expect(after.State.Running).toBe(true)
    expect(await row.seen(project, after)).toEqual(row.as)
    expect(await project.inside('cat ~/note')).toBe('kept')
  })

  test('name must make another sandbox, and the plan must say what becomes of the old one', async () => {
    const before = await project.container()
    await edited.edit({ name: 'renamed' })
    const { id, action, notes } = await edited.plan()
    const [old] = (await project.json<ListDocument>(['ls'])).sandboxes
    expect(action).toBe('create')
    expect(notes).toContainEqual({ kind: 'renamed_from', id: old?.id, name: 'edited' })
    await edited.apply()
    expect((await project.containers()).map(({ Id }) => Id)).toContain(before.Id)
    expect((await project.docker.getContainer(before.Id).inspect()).State.StartedAt).toBe(before.State.StartedAt)
    await project.ok(['rm', id])
  })

  test('agent must make another sandbox, and the plan must say what becomes of the old one', async () => {
    await edited.edit({ name: 'edited', agent: 'claude' })
    const { action, notes } = await edited.plan()
    expect(action).toBe('create')
    expect(notes).toEqual([expect.objectContaining({ kind: 'renamed_from', name: 'edited', agent: 'shell' })])
  })
})

describe('a profile', () => {
  let project: Project
  beforeAll(async () => {
    project = await Project.create()
    await project.write('agent: shell\nname: web\nprofiles: { review: { workspace: { readonly: true } } }\n')
    await project.ok(['apply', '--yes'])
  })
  afterAll(async () => {
    await project.remove()
  })

  test('must be a sandbox of its own beside the first', async () => {
    const before = await project.container()
    await project.ok(['apply', '--yes', '--profile', 'review'])
    expect(await project.containers()).toHaveLength(2)
    expect((await project.docker.getContainer(before.Id).inspect()).State).toEqual(before.State)
    const touch = ['exec', '--profile', 'review', '--', 'touch', 'here']
    expect((await project.sbx(touch)).stderr).toMatch(/Read-only file system/)
    for (const profile of [[], ['--profile', 'review']]) {
      expect((await project.sbx(['plan', '--detailed-exitcode', ...profile])).exitCode).toBe(0)
    }
  })
})

describe('editing the file of an agent that has a login', () => {
  let edited: EditedProject
  beforeAll(async () => {
    edited = await EditedProject.create({ name: 'login', agent: 'claude' })
    await edited.project.inside('echo a login > /run/sbx/login/made-in-a-test')
  })
  afterAll(async () => {
    await edited.project.remove()
  })

  test('a recreate must keep the login', async () => {
    const { before, after, action } = await edited.take({ edit: { ports: ['3000'] }, path: '/ports' })
    expect(action).toBe('recreate')
    expect(after.Id).not.toBe(before.Id)
    expect(await edited.project.inside('cat /run/sbx/login/made-in-a-test')).toBe('a login')
  })

  test('credentials must recreate, and keep the home and the login that is out of use', async () => {
    const { before, after, action, effects } = await edited.take({
      edit: { credentials: 'none' },
      path: '/credentials',
    })
    expect({ action, effects }).toEqual({ action: 'recreate', effects: ['recreate'] })
    expect(after.Id).not.toBe(before.Id)
    expect(await edited.project.inside('test -e /run/sbx/login || cat ~/note')).toBe('kept')
    await edited.take({ edit: { credentials: 'sandbox' }, path: '/credentials' })
    expect(await edited.project.inside('cat /run/sbx/login/made-in-a-test')).toBe('a login')
  })
})
