// Every key of sandbox.yaml: what editing it does to a sandbox that runs is what docs/config.md promises, seen on the
// engine and not only in the plan.

import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import type { ContainerInspectInfo } from 'dockerode'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ListDocument, onlySandbox, type PlanDocument, type PlannedDocument } from './support/documents.js'
import { Project } from './support/project.js'

type File = Readonly<Record<string, unknown>>

type Edit = {
  readonly key: string
  /** What the file says beside what it said before; undefined takes a key out. */
  readonly edit: File
  /** What else of the host is changed for it. */
  readonly prepare?: () => Promise<void>
  /** The path that the plan names, and those that it has to name besides. */
  readonly path: string
  readonly also?: readonly string[]
  /** What is different afterwards, as only the engine or a session can tell: the output of a script inside, or more. */
  readonly seen: string | ((container: ContainerInspectInfo) => unknown)
  readonly as: unknown
}

type Taken = {
  readonly before: ContainerInspectInfo
  readonly after: ContainerInspectInfo
  readonly planned: PlannedDocument
  /** By the key of the edit. */
  readonly seen: Readonly<Record<string, unknown>>
  /** Of the note that was left in the home. */
  readonly note: string
}

/** A project whose file is edited step by step. */
class EditedProject {
  #file: File

  private constructor(
    readonly project: Project,
    file: File,
  ) {
    this.#file = file
  }

  static async create(file: File, scope?: string): Promise<EditedProject> {
    const project = await Project.create(scope === undefined ? {} : { scope })
    for (const name of ['data', 'kept', 'gone']) {
      await mkdir(project.beside(name))
      await writeFile(project.beside(`${name}/note`), 'from the host')
    }
    await writeFile(project.beside('secret'), 'a secret of the host')
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

  async plan(): Promise<PlannedDocument> {
    return onlySandbox(await this.project.json<PlanDocument>(['plan']))
  }

  /** Without `--discard`: a sandbox in which nobody worked has nothing to lose. */
  async apply(): Promise<void> {
    await this.project.ok(['apply', '--yes', '--allow-widen'])
  }

  /**
   * Plans and does all of the edits in one, and looks what came of each; test/plan/settings.test.ts has each alone.
   * `together` is what the file says where several edit one key.
   */
  async take(edits: readonly Edit[], together: File = {}): Promise<Taken> {
    const before = await this.project.container()
    for (const { prepare } of edits) await prepare?.()
    await this.edit(Object.assign({}, ...edits.map(({ edit }) => edit), together) as File)
    const planned = await this.plan()
    await this.apply()
    const after = await this.project.container()
    const scripts = [...edits.flatMap(({ seen }) => (typeof seen === 'string' ? [seen] : [])), 'cat ~/note']
    const texts = (await this.project.inside(scripts.map((script) => `(${script}); echo //`).join('\n'))).split('//')
    const seen: Record<string, unknown> = {}
    for (const { key, seen: look } of edits) {
      seen[key] = typeof look === 'string' ? texts.shift()?.trim() : await look(after)
    }
    return { before, after, planned, seen, note: texts[0]?.trim() ?? '' }
  }
}

function isOf(at: string): (change: { readonly path: string }) => boolean {
  return ({ path }) => path === at || path.startsWith(`${at}/`)
}

/** One test for each edit: what the plan said of it, and what it came to; and one that the plan said no more. */
function expectEach(
  name: string,
  edits: readonly Edit[],
  expected: { readonly action: string; readonly effect: string },
  taken: () => Taken,
): void {
  test.each(edits)(name, ({ key, path, as }) => {
    const { action, changes } = taken().planned
    const effects = new Set(changes.filter(isOf(path)).map(({ effect }) => effect))
    expect({ action, effects: [...effects] }).toEqual({ action: expected.action, effects: [expected.effect] })
    expect(taken().seen[key]).toEqual(as)
  })

  // A path too many would be of an earlier apply that did not do all of it.
  test('and the plan must name nothing else', () => {
    const paths = edits.flatMap(({ path, also = [] }) => [path, ...also])
    expect(taken().planned.changes.filter((change) => !paths.some((at) => isOf(at)(change)))).toEqual([])
  })
}

describe('editing a file', () => {
  let edited: EditedProject
  let project: Project
  const scope = `e2e${randomBytes(4).toString('hex')}`
  const image = `localhost/${scope}:edit`
  beforeAll(async () => {
    const limits = { resources: { memory: '256m' } }
    const mounts = ['../kept:/kept', '../gone:/gone']
    edited = await EditedProject.create({ name: 'edited', agent: 'shell', ...limits, mounts }, scope)
    project = edited.project
    const [shell] = await project.docker.listImages({ filters: { reference: ['localhost/sbx-shell'] } as never })
    if (shell === undefined) throw new Error('the shell template was not built')
    await project.docker.getImage(shell.Id).tag({ repo: `localhost/${scope}`, tag: 'edit' })
  })
  afterAll(async () => {
    await project.remove()
    await project.docker.getImage(image).remove()
  })

  describe.each<{ readonly together?: File; readonly edits: readonly Edit[] }>([
    {
      together: { agent: { name: 'shell', args: ['-c', 'echo from the file'], autonomy: 'ask' } },
      edits: [
        {
          key: 'agent.args',
          edit: { agent: { name: 'shell', args: ['-c', 'echo from the file'] } },
          path: '/agent/args',
          seen: () => project.ok(['run']),
          as: 'from the file\n',
        },
        {
          key: 'agent.autonomy',
          edit: { agent: { name: 'shell', autonomy: 'ask' } },
          path: '/agent/autonomy',
          seen: () => project.json(['inspect']),
          as: [
            expect.objectContaining({
              session: expect.objectContaining({
                agent: { name: 'shell', args: ['-c', 'echo from the file'], autonomy: 'ask' },
              }),
            }),
          ],
        },
        { key: 'env', edit: { env: { GREETING: 'hello' } }, path: '/env', seen: 'echo $GREETING', as: 'hello' },
        {
          key: 'envFile',
          edit: { envFile: ['.env.sandbox'] },
          path: '/envFile',
          seen: 'echo $FROM_FILE',
          as: 'one',
        },
        {
          key: 'secrets',
          edit: { secrets: { TOKEN: { file: '../secret' } } },
          path: '/secrets',
          seen: 'echo $TOKEN',
          as: 'a secret of the host',
        },
        {
          key: 'git',
          edit: { git: { name: 'Ada', email: 'ada@example.com' } },
          path: '/git',
          seen: 'git config user.email',
          as: 'ada@example.com',
        },
      ],
    },
    {
      edits: [
        { key: 'env taken out', edit: { env: undefined }, path: '/env', seen: 'echo "<$GREETING>"', as: '<>' },
        {
          key: 'a value in an env file, without an edit of sandbox.yaml',
          edit: {},
          prepare: () => writeFile(`${project.folder}/.env.sandbox`, 'FROM_FILE=two\n'),
          path: '/envFile',
          seen: 'echo $FROM_FILE',
          as: 'two',
        },
      ],
    },
  ])('for the next session', ({ edits, together }) => {
    let taken: Taken
    beforeAll(async () => {
      taken = await edited.take(edits, together)
    })

    const expected = { action: 'update', effect: 'next_session' }
    expectEach('$key must reach it', edits, expected, () => taken)

    test('must leave the container alone', () => {
      expect([taken.after.Id, taken.after.State]).toEqual([taken.before.Id, taken.before.State])
    })
  })

  describe.each<{ readonly together?: File; readonly edits: readonly Edit[] }>([
    {
      together: { resources: { memory: '128m', cpus: 1.5 } },
      edits: [
        {
          key: 'resources.memory, lowered',
          edit: { resources: { memory: '128m' } },
          path: '/resources/memory',
          seen: ({ HostConfig }) => [HostConfig.Memory, HostConfig.MemorySwap],
          as: [128 * 2 ** 20, 128 * 2 ** 20],
        },
        {
          key: 'resources.cpus',
          edit: { resources: { memory: '256m', cpus: 1.5 } },
          path: '/resources/cpus',
          seen: ({ HostConfig }) => (HostConfig.CpuQuota ?? 0) / (HostConfig.CpuPeriod ?? 1),
          as: 1.5,
        },
      ],
    },
    {
      together: { resources: { memory: '512m', pids: 200 } },
      edits: [
        {
          key: 'resources.memory, raised',
          edit: { resources: { memory: '512m', cpus: 1.5 } },
          path: '/resources/memory',
          seen: ({ HostConfig }) => [HostConfig.Memory, HostConfig.MemorySwap],
          as: [512 * 2 ** 20, 512 * 2 ** 20],
        },
        {
          key: 'resources.cpus, taken out',
          edit: { resources: { memory: '128m' } },
          path: '/resources/cpus',
          seen: ({ HostConfig }) => (HostConfig.CpuQuota ?? 0) > 0,
          as: false,
        },
        {
          key: 'resources.pids',
          edit: { resources: { memory: '128m', cpus: 1.5, pids: 200 } },
          path: '/resources/pids',
          seen: ({ HostConfig }) => HostConfig.PidsLimit,
          as: 200,
        },
        {
          key: 'prepare',
          edit: { prepare: ['echo "of $FROM_FILE by $(id -un)" > ~/made'] },
          path: '/prepare',
          seen: 'cat ~/made',
          as: 'of two by agent',
        },
      ],
    },
  ])('of what a container that runs can take', ({ edits, together }) => {
    let taken: Taken
    beforeAll(async () => {
      taken = await edited.take(edits, together)
    })

    expectEach('$key must be updated in place', edits, { action: 'update', effect: 'live' }, () => taken)

    test('must leave the container running', () => {
      expect([taken.after.Id, taken.after.State]).toEqual([taken.before.Id, taken.before.State])
    })
  })

  describe.each<{ readonly together?: File; readonly edits: readonly Edit[] }>([
    {
      // It would run in the new container as well.
      together: { mounts: ['../kept:/kept:ro', '../data:/data'], prepare: undefined },
      edits: [
        {
          key: 'resources.memory, taken out, since no engine can unset it,',
          edit: { resources: { pids: 200 } },
          path: '/resources/memory',
          seen: ({ HostConfig }) => HostConfig.Memory,
          as: 0,
        },
        {
          key: 'template',
          edit: { template: image },
          path: '/template',
          seen: ({ Config }) => Config.Image,
          as: image,
        },
        {
          key: 'workspace.readonly',
          edit: { workspace: { readonly: true } },
          path: '/workspace/readonly',
          seen: 'touch here 2>/dev/null || echo refused',
          as: 'refused',
        },
        {
          key: 'mounts',
          edit: { mounts: ['../kept:/kept', '../gone:/gone', '../data:/data'] },
          path: '/mounts/~1data',
          seen: 'cat /data/note',
          as: 'from the host',
        },
        {
          key: 'mounts, made read-only',
          edit: { mounts: ['../kept:/kept:ro', '../gone:/gone'] },
          path: '/mounts/~1kept',
          seen: 'cat /kept/note; sudo touch /kept/more 2>/dev/null || echo , refused',
          as: 'from the host, refused',
        },
        {
          key: 'mounts, taken out',
          edit: { mounts: ['../kept:/kept'] },
          path: '/mounts/~1gone',
          seen: 'test -e /gone || echo gone',
          as: 'gone',
        },
        {
          key: 'socket',
          edit: { socket: 'host' },
          path: '/socket',
          seen: 'test -w /var/run/docker.sock && echo writable',
          as: 'writable',
        },
        {
          key: 'ports',
          edit: { ports: ['3000'] },
          path: '/ports',
          seen: ({ NetworkSettings }) => NetworkSettings.Ports['3000/tcp']?.map(({ HostIp }) => HostIp),
          as: ['127.0.0.1'],
        },
      ],
    },
    {
      edits: [
        {
          key: 'setup',
          edit: { setup: ['echo built > /opt/made'] },
          path: '/setup',
          seen: 'cat /opt/made',
          as: 'built',
        },
        {
          key: 'network',
          // Which none has ports.
          edit: { network: 'none', ports: undefined },
          path: '/network',
          also: ['/ports'],
          seen: ({ NetworkSettings }) => Object.keys(NetworkSettings.Networks),
          as: ['none'],
        },
      ],
    },
  ])('that only a new container can take', ({ edits, together }) => {
    let taken: Taken
    beforeAll(async () => {
      taken = await edited.take(edits, together)
    })

    expectEach('$key must recreate', edits, { action: 'recreate', effect: 'recreate' }, () => taken)

    test('must keep the home', () => {
      expect(taken.after.Id).not.toBe(taken.before.Id)
      expect(taken.after.State.Running).toBe(true)
      expect(taken.note).toBe('kept')
    })
  })

  test('must leave nothing to do', async () => {
    expect(await edited.plan()).toMatchObject({ action: 'reuse', changes: [] })
  })

  test('prepare must fail the apply with what it printed, and be done by sbx prepare', async () => {
    const before = await project.container()
    await edited.edit({ prepare: ['echo try >> ~/tries; wc -l < ~/tries; test $(wc -l < ~/tries) = 2'] })
    const { exitCode, stderr } = await project.sbx(['apply', '--yes'])
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/\[prepare\/failed\][^]*ended with\s+exit code 1\. The last that it printed:\s+1\n/)
    expect((await project.container()).State).toEqual(before.State)
    expect(await project.ok(['prepare'])).toMatch(/^Applied: edited updated/)
    await edited.edit({ prepare: undefined })
  })

  test('agent must make another sandbox, and the plan must say what becomes of the old one', async () => {
    await project.write('agent: claude\nname: edited\n')
    const { action, notes } = await edited.plan()
    expect(action).toBe('create')
    expect(notes).toContainEqual(expect.objectContaining({ kind: 'renamed_from', name: 'edited', agent: 'shell' }))
  })

  test('name must make another sandbox, and the plan must say what becomes of the old one', async () => {
    const before = await project.container()
    await edited.edit({ name: 'renamed' })
    const { action, notes } = await edited.plan()
    const [old] = (await project.json<ListDocument>(['ls'])).sandboxes
    expect(action).toBe('create')
    expect(notes).toContainEqual({ kind: 'renamed_from', id: old?.id, name: 'edited' })
    await edited.apply()
    expect((await project.containers()).map(({ Id }) => Id)).toContain(before.Id)
    expect((await project.docker.getContainer(before.Id).inspect()).State.StartedAt).toBe(before.State.StartedAt)
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
    // What a recreate would lose takes the engine a second and more to find out in the image that has the agent in it.
    const template = 'localhost/sbx-shell:latest'
    edited = await EditedProject.create({ name: 'login', agent: 'claude', template, network: 'none' })
    await edited.project.inside('echo a login > /run/sbx/login/made-in-a-test')
  })
  afterAll(async () => {
    await edited.project.remove()
  })
  const recreate = { action: 'recreate', effect: 'recreate' }
  const login = 'cat /run/sbx/login/made-in-a-test'

  describe('but not its login', () => {
    let taken: Taken
    const edits: readonly Edit[] = [
      {
        key: 'workspace',
        edit: { workspace: { readonly: true } },
        path: '/workspace/readonly',
        seen: login,
        as: 'a login',
      },
    ]
    beforeAll(async () => {
      taken = await edited.take(edits)
    })
    expectEach('$key must recreate, and keep the login', edits, recreate, () => taken)
  })

  describe('so that its login is out of use', () => {
    let taken: Taken
    const edits: readonly Edit[] = [
      {
        key: 'credentials',
        edit: { credentials: 'none' },
        path: '/credentials',
        seen: 'test -e /run/sbx/login || cat ~/note',
        as: 'kept',
      },
    ]
    beforeAll(async () => {
      taken = await edited.take(edits)
    })
    expectEach('$key must recreate, and keep the home', edits, recreate, () => taken)

    test('must keep the login until it is in use again', async () => {
      await edited.edit({ credentials: 'sandbox' })
      await edited.apply()
      expect(await edited.project.inside(login)).toBe('a login')
      expect((await edited.plan()).action).toBe('reuse')
    })
  })
})
