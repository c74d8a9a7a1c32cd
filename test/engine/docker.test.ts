// What only a real engine can show.

import { randomBytes } from 'node:crypto'
import { createHash } from 'node:crypto'
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectDocker } from '../../src/engine/docker.js'
import { agentHome, homeVolumeName, labels, loginFolder, openNetworkName, recordName } from '../../src/model/names.js'
import type { RecordSpec } from '../../src/model/spec.js'
import type { ContextFile } from '../../src/model/template.js'
import { baseImage, makeDockerSubject, type DockerSubject } from './support/docker.js'
import { recordingProxy } from './support/recording-proxy.js'
import { bringUp, createSandbox, requestOf, shell } from './support/sandbox.js'
import { makeTerminal } from './support/terminal.js'

let subject: DockerSubject

beforeAll(async () => {
  subject = await makeDockerSubject()
})

afterAll(async () => {
  await subject.close()
})

const mebibyte = 1024 * 1024

const record: RecordSpec = {
  ...{ agent: { name: 'shell', args: [], autonomy: 'full' }, env: {}, envFile: {}, secrets: {}, git: null },
  ...{ resources: { pids: 1 }, grants: {}, flags: {}, digestKey: 'k' },
}

describe('the wire', () => {
  test('a sandbox with one container is observed in four calls, without a ping or a version', async () => {
    const options = { id: 'wire-000001' }
    const { sandbox } = requestOf(subject, options)
    const home = homeVolumeName(subject.scope, sandbox.id)
    await subject.engine.perform({ do: 'create-volume', name: home, holds: 'home', sandbox })
    const name = recordName(subject.scope, sandbox.id, record)
    await subject.engine.perform({ do: 'create-record', name, sandbox, spec: record })
    const id = await bringUp(subject, options)
    const proxy = await recordingProxy(subject.endpoint.path)
    const engine = connectDocker({ endpoint: proxy.endpoint, scope: subject.scope })
    const live = await engine.observe(sandbox.id, [subject.image])
    expect(live).toMatchObject({ hasHome: true, records: [{ name }], containers: [{ id, startable: true }] })
    expect(live.images[subject.image]).toMatch(/^sha256:/)
    const asked = proxy.requests.map((request) => request.replace(/\?.*/, ''))
    expect(asked.sort()).toEqual([
      `GET /containers/${id}/json`,
      'GET /containers/json',
      'GET /volumes',
      `HEAD /containers/${id}/archive`,
    ])
    proxy.requests.length = 0
    await engine.list()
    expect(proxy.requests).toHaveLength(1)
    await engine.sessions(id)
    await engine.changes(id)
    // Two at once at the most; what follows goes over the same.
    expect(proxy.connections()).toBeLessThanOrEqual(2)
    await engine.ownContent(id)
    await engine.readFiles(id, '/etc', ['passwd'])
    const folders = [['/etc/passwd'], Array.from({ length: 99 }, (_, index) => `/etc/${index}`)]
    await engine.fileSizes(
      id,
      folders.map((files) => ({ path: '/etc', files })),
      { mounts: [], milliseconds: 600_000 },
    )
    await engine.describe()
    await engine.listLeftovers()
    expect(proxy.requests.filter((request) => !/^(GET|HEAD) /.test(request))).toEqual([])
    engine.close()
    await proxy.close()
  })

  test('what is made is in the body and not in the URL', async () => {
    const proxy = await recordingProxy(subject.endpoint.path)
    const engine = connectDocker({ endpoint: proxy.endpoint, scope: `${subject.scope}w` })
    await engine.perform({ do: 'create-network', access: 'open' })
    const request = requestOf({ ...subject, scope: `${subject.scope}w` }, { id: 'wire-000002' })
    const home = Object.values(request.spec.volumes)[0] ?? ''
    await engine.perform({ do: 'create-volume', name: home, holds: 'home', sandbox: request.sandbox })
    const { containerId = '' } = await engine.perform({ do: 'create-container', request })
    const [network] = (await engine.listLeftovers()).networks
    await engine.perform({ do: 'remove-container', target: { id: containerId } })
    await engine.perform({ do: 'remove-network', id: network?.id ?? '' })
    await engine.perform({ do: 'remove-volume', name: home })
    const posts = proxy.requests.filter((each) => each.startsWith('POST'))
    expect(posts.find((each) => each.includes('/containers/create'))).toBe(
      `POST /containers/create?name=${request.name}`,
    )
    expect(posts.find((each) => each.includes('/volumes/create'))).toMatch(/^POST \/volumes\/create\??$/)
    expect(posts.find((each) => each.includes('/networks/create'))).toMatch(/^POST \/networks\/create\??$/)
    engine.close()
    await proxy.close()
  })

  test('an engine behind ssh is reached through the user’s own ssh', async () => {
    // Its ssh has no other machine to go to, so it does here what it was told to do there.
    const folder = await mkdtemp(join(tmpdir(), 'sbx-ssh-'))
    const relay = `require('net').connect(${JSON.stringify(subject.endpoint.path)}, function () {
      process.stdin.pipe(this); this.pipe(process.stdout) })`
    const script = `#!/bin/sh\nprintf '%s\\n' "$*" >>${folder}/said\nexec '${process.execPath}' -e "${relay.replaceAll('"', '\\"')}"\n`
    await writeFile(join(folder, 'ssh'), script)
    await chmod(join(folder, 'ssh'), 0o755)
    const path = process.env['PATH']
    process.env['PATH'] = `${folder}:${path}`
    const engine = connectDocker({
      ...{
        endpoint: { kind: 'ssh', url: 'ssh://me@box:2222', host: 'box', port: 2222, user: 'me' },
        scope: subject.scope,
      },
    })
    try {
      expect(await engine.describe()).toMatch(/^(docker|podman) \d/)
      const id = await bringUp(subject, { id: 'ssh-000001' })
      const terminal = makeTerminal(false)
      terminal.type('over ssh')
      terminal.endInput()
      const session = { argv: ['cat'], workingFolder: subject.workspace, env: {} }
      expect(await engine.attach(id, session, terminal, new AbortController().signal)).toBe(0)
      expect(terminal.written()).toBe('over ssh')
    } finally {
      engine.close()
      process.env['PATH'] = path
    }
    const { readFile } = await import('node:fs/promises')
    expect(await readFile(join(folder, 'said'), 'utf8')).toContain('-l me -p 2222')
    await rm(folder, { recursive: true })
  })

  test('an engine behind an ssh that fails is not reached, and ssh’s own words say why', async () => {
    const endpoint = {
      kind: 'ssh',
      url: 'ssh://nobody.invalid',
      host: 'nobody.invalid',
      port: null,
      user: null,
    } as const
    const engine = connectDocker({ endpoint, scope: subject.scope })
    await expect(engine.list()).rejects.toMatchObject({
      ...{ kind: 'unreachable', diagnostics: [{ code: 'engine/unreachable', detail: expect.stringContaining('ssh') }] },
    })
    engine.close()
  })

  test('an engine that is not there is named', async () => {
    const path = '/nonexistent/docker.sock'
    const engine = connectDocker({ endpoint: { kind: 'unix', url: `unix://${path}`, path }, scope: subject.scope })
    for (const call of [engine.list(), engine.describe(), engine.observe('x', ['y']), engine.checkPullable('y')]) {
      await expect(call).rejects.toMatchObject({
        ...{ kind: 'unreachable', diagnostics: [{ detail: expect.stringContaining(`unix://${path}`) }] },
      })
    }
    engine.close()
  })
})

describe('others on the engine', () => {
  test('are not seen: copies of labels, other scopes, garbage', async () => {
    const { docker, image, engine } = subject
    const request = requestOf(subject, { id: 'foreign-000001' })
    const id = await createSandbox(subject, { id: 'foreign-000001' })
    const { Config } = await docker.getContainer(id).inspect()
    const inherited = await docker.createContainer({ Image: image, Cmd: ['true'], Labels: Config.Labels })
    const garbage = await docker.createContainer({
      Image: image,
      Cmd: ['true'],
      Labels: { ...Config.Labels, [labels.spec]: '{' },
    })
    await docker.createVolume({ Name: `sbx_${subject.scope}-copied`, Labels: Config.Labels })
    const live = await engine.observe(request.sandbox.id, [])
    expect(live.containers.map((container) => container.id)).toEqual([id])
    expect(live).toMatchObject({ records: [], hasHome: false })
    const listed = (await engine.list()).map((container) => container.id)
    expect(listed).not.toContain(inherited.id)
    expect(listed).not.toContain(garbage.id)
  })

  test('that have the name of one of ours are not taken for it', async () => {
    const request = requestOf(subject, { id: 'taken-000001' })
    await subject.occupy(request.name)
    await expect(subject.engine.perform({ do: 'create-container', request })).rejects.toMatchObject({
      diagnostics: [
        {
          code: 'engine/name-taken',
          detail: expect.stringContaining(`${request.name} is a container of ${subject.image}, made 20`),
          command: `docker rename ${request.name} ${request.name}-other`,
        },
      ],
    })
  })

  test('of the open network cannot be reached from a sandbox on it', async () => {
    const [one, two] = [
      await bringUp(subject, { id: 'icc-000001', spec: { network: 'open' } }),
      await bringUp(subject, { id: 'icc-000002', spec: { network: 'open' } }),
    ]
    const name = openNetworkName(subject.scope)
    const addressOf = async (id: string) =>
      (await subject.docker.getContainer(id).inspect()).NetworkSettings.Networks[name]?.IPAddress ?? ''
    const { Options } = await subject.docker.getNetwork(name).inspect()
    expect(Options).toMatchObject({ 'com.docker.network.bridge.enable_icc': 'false' })
    expect(await addressOf(one)).not.toBe(await addressOf(two))
    const connect = `timeout 2 bash -c 'exec 3<>/dev/tcp/${await addressOf(two)}/22' 2>&1 || echo $?`
    // Refused at once where packets get through; 124 where they do not.
    expect(await shell(subject, one, connect)).toBe('124')
  })
})

describe('what cannot be', () => {
  test('a mount source that is not there is said, and nothing is made', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sbx-source-'))
    const source = join(folder, 'data')
    const spec = { mounts: { '/data': { source, readonly: true } } }
    await expect(createSandbox(subject, { id: 'source-000001', spec })).rejects.toMatchObject({
      diagnostics: [{ code: 'engine/missing-source', detail: expect.stringContaining(source) }],
    })
    await rm(folder, { recursive: true })
    expect((await subject.engine.observe('source-000001', [])).containers).toEqual([])
  })

  test('a port that another program has is said', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const hostPort = typeof address === 'object' && address !== null ? address.port : 0
    const spec = { network: 'open', ports: { '80/tcp': { address: '127.0.0.1', hostPort } } } as const
    await expect(bringUp(subject, { id: 'port-000001', spec })).rejects.toMatchObject({
      diagnostics: [{ code: 'engine/port-in-use', detail: expect.stringContaining(`127.0.0.1:${hostPort}`) }],
    })
    server.close()
  })

  test('a limit below what an engine allows is said', async () => {
    const id = await bringUp(subject, { id: 'limit-000001' })
    const step = { do: 'update-limits', target: { id }, limits: { pids: 100, memory: mebibyte } } as const
    await expect(subject.engine.perform(step)).rejects.toMatchObject({
      diagnostics: [{ code: 'engine/limit-refused' }],
    })
  })

  test('the socket of an engine that has none here is said', async () => {
    const endpoint = { kind: 'tcp', url: 'tcp://box:2375', host: 'box', port: 2375, tls: null } as const
    const engine = connectDocker({ endpoint, scope: subject.scope })
    const request = requestOf(subject, { id: 'socket-000001', spec: { socket: 'host' } })
    await expect(engine.perform({ do: 'create-container', request })).rejects.toMatchObject({
      diagnostics: [{ code: 'engine/no-socket', detail: expect.stringContaining('tcp://box:2375') }],
    })
    engine.close()
  })
})

test('a memory limit is raised, lowered and lifted while the sandbox runs', async () => {
  const id = await bringUp(subject, { id: 'memory-000001', resources: { pids: 100, memory: 64 * mebibyte } })
  for (const limits of [{ pids: 100, memory: 256 * mebibyte }, { pids: 100, memory: 128 * mebibyte }, { pids: 100 }]) {
    await subject.engine.perform({ do: 'update-limits', target: { id }, limits })
    const [container] = (await subject.engine.observe('memory-000001', [])).containers
    expect(container?.observed.resources).toEqual(limits)
  }
})

test('with dropped capabilities root can still install packages and become another user', async () => {
  const id = await bringUp(subject, { id: 'caps-000001' })
  await shell(subject, id, 'touch /x && chown 33:33 /x && chmod u+s /x && rm /x && dpkg --version >/dev/null', 'root')
  await expect(shell(subject, id, 'mknod /dev/x b 8 0', 'root')).rejects.toThrow('Operation not permitted')
})

test('what changed in a container is listed, its volumes are not', async () => {
  const id = await bringUp(subject, { id: 'changes-000001' })
  await shell(
    subject,
    id,
    'mkdir /opt/tool && touch /opt/tool/x && touch /home/agent/y && rm /etc/debian_version',
    'root',
  )
  const { paths: changes } = await subject.engine.changes(id)
  expect(changes).toContainEqual({ path: '/opt/tool/x', kind: 'added' })
  expect(changes).toContainEqual({ path: '/opt', kind: 'modified' })
  expect(changes).toContainEqual({ path: '/etc/debian_version', kind: 'deleted' })
  expect(changes.map(({ path }) => path)).not.toContain('/home/agent/y')
})

describe('images', () => {
  const files = (dockerfile: string, more: Readonly<Record<string, ContextFile>> = {}) => ({
    Dockerfile: { mode: 0o644, text: dockerfile },
    ...more,
  })
  const buildOf = (name: string, context: Readonly<Record<string, ContextFile>>, aliases: readonly string[] = []) => ({
    ...{ do: 'build-image' as const, tag: `localhost/sbx_${subject.scope}-${name}:1`, aliases },
    context: {
      ...{ files: context, dockerfile: 'Dockerfile', buildArgs: { WORD: 'built' } },
      labels: { [labels.scope]: subject.scope, [labels.sandbox]: 'images-000001' },
    },
  })

  test('are built from text, files of the host and links, once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sbx-build-'))
    await writeFile(join(folder, 'empty'), '')
    await writeFile(join(folder, 'big'), Buffer.alloc(3_000_000, 'x'))
    const dockerfile = `FROM ${subject.image}\nARG WORD\nCOPY in /in\nRUN echo $WORD > /in/word\n`
    const alias = `localhost/sbx_${subject.scope}-alias:2`
    const step = buildOf(
      'images-000001',
      files(dockerfile, {
        'in/text': { mode: 0o640, text: 'ä\n' },
        'in/run': { mode: 0o755, text: '#!/bin/sh\n' },
        'in/empty': { mode: 0o644, hostPath: join(folder, 'empty'), digest: sha256('') },
        'in/big': { mode: 0o600, hostPath: join(folder, 'big'), digest: sha256('x'.repeat(3_000_000)) },
        'in/link': { mode: 0o777, link: 'text' },
      }),
      [alias],
    )
    const lines: string[] = []
    await subject.engine.perform(step, (said) => typeof said === 'string' && lines.push(said))
    await rm(folder, { recursive: true })
    // The labels are two more.
    expect(lines.filter((line) => line.startsWith('Step '))).toHaveLength(6)
    const id = await bringUp(subject, { id: 'images-000001', image: alias })
    expect(await shell(subject, id, 'cd /in; cat link word; stat -c "%n %a %s" text run empty big', 'root')).toBe(
      'ä\nbuilt\ntext 640 3\nrun 755 10\nempty 644 0\nbig 600 3000000',
    )
    // The folder is gone, and nothing is read again.
    await subject.engine.perform(step, () => expect.unreachable('it builds again'))
    const { images } = await subject.engine.listLeftovers()
    expect(images).toContainEqual({ reference: step.tag, sandboxId: 'images-000001' })
    // It has the same labels, as whatever is built on it or committed from its containers; the name is somebody else's.
    expect(images.map(({ reference }) => reference)).not.toContain(alias)
  })

  test('that fail to build tell the step and its last lines', async () => {
    // The label goes first, so that what is left of it is found again.
    const label = `LABEL ${labels.scope}=${subject.scope}`
    const dockerfile = `FROM ${subject.image}\n${label}\nRUN echo "it is broken" >&2; exit 3\n`
    await expect(subject.engine.perform(buildOf('fails', files(dockerfile)))).rejects.toMatchObject({
      diagnostics: [
        {
          code: 'engine/build-failed',
          detail: expect.stringMatching(
            /failed at: Step 3\/5 : RUN echo "it is broken"[^]*\nit is broken\n[^]*code: 3/,
          ),
        },
      ],
    })
  })

  test('whose files cannot be read name the file', async () => {
    const context = files('FROM scratch\nCOPY x /x\n', {
      x: { mode: 0o644, hostPath: '/nonexistent/file', digest: '' },
    })
    await expect(subject.engine.perform(buildOf('unreadable', context))).rejects.toMatchObject({
      diagnostics: [{ code: 'engine/context-file', detail: expect.stringContaining('/nonexistent/file') }],
    })
  })

  test('must not take a file that is another than the plan was made for', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sbx-build-'))
    await symlink('/etc/hostname', join(folder, 'swapped'))
    const swapped = { mode: 0o644, hostPath: join(folder, 'swapped'), digest: sha256('as planned') }
    const context = files('FROM scratch\nCOPY x /x\n', { x: swapped })
    await expect(subject.engine.perform(buildOf('swapped', context))).rejects.toMatchObject({
      diagnostics: [{ code: 'engine/context-changed' }],
    })
    await rm(folder, { recursive: true })
  })

  test('that no registry has are said to be what they are', async () => {
    const cannot = {
      diagnostics: [{ code: 'engine/cannot-pull', detail: expect.stringContaining('localhost:1/none') }],
    }
    await expect(subject.engine.checkPullable('localhost:1/none')).rejects.toMatchObject(cannot)
    await expect(subject.engine.perform({ do: 'pull-image', reference: 'localhost:1/none' })).rejects.toMatchObject(
      cannot,
    )
  })

  test('that are in use stay, and one that is gone is no error', async () => {
    const step = buildOf('used', files(`FROM ${subject.image}\nRUN echo used > /used\n`))
    await subject.engine.perform(step)
    const id = await createSandbox(subject, { id: 'images-000002', image: step.tag })
    const removal = { do: 'remove-image', reference: step.tag } as const
    await expect(subject.engine.perform(removal)).rejects.toMatchObject({ kind: 'failed' })
    await subject.engine.perform({ do: 'remove-container', target: { id } })
    await subject.engine.perform(removal)
    expect(await subject.engine.perform(removal)).toMatchObject({ made: false })
  })
})

describe('certificates of the host', () => {
  test('are trusted inside, and sessions know where they are', async () => {
    const pem = makeCertificate()
    const own = await makeDockerSubject(`${pem}${makeCertificate()}`)
    try {
      const id = await bringUp(own, { id: 'certificates-000001' })
      const look = `echo $NODE_EXTRA_CA_CERTS $SSL_CERT_FILE $GIT_SSL_CAINFO; grep -c BEGIN "$SSL_CERT_FILE"`
      const bundle = '/etc/ssl/certs/ca-certificates.crt'
      const before = await shell(own, id, look)
      expect(before).toMatch(`${bundle} ${bundle} ${bundle}\n`)
      expect(await shell(own, id, 'cat $SSL_CERT_FILE')).toContain(pem.trim())
      await own.engine.perform({ do: 'stop', target: { id } })
      await own.engine.perform({ do: 'start', target: { id } })
      await own.engine.perform({ do: 'await-ready', target: { id } })
      expect(await shell(own, id, look)).toBe(before)
    } finally {
      await own.close()
    }
  })

  /** Nothing that is to be checked, so random bytes will do. */
  function makeCertificate(): string {
    const lines =
      randomBytes(480)
        .toString('base64')
        .match(/.{1,64}/g) ?? []
    return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
  }
})

test('the home of a sandbox is a volume of its name, and nothing is left when all is removed', async () => {
  const request = requestOf(subject, { id: 'left-000001' })
  expect(request.spec.volumes[agentHome]).toBe(homeVolumeName(subject.scope, 'left-000001'))
  const id = await createSandbox(subject, { id: 'left-000001' })
  await subject.engine.perform({ do: 'remove-container', target: { id } })
  await subject.engine.perform({ do: 'remove-volume', name: homeVolumeName(subject.scope, 'left-000001') })
  const text = JSON.stringify([await subject.docker.listContainers({ all: true }), await subject.docker.listVolumes()])
  expect(text).not.toContain('left-000001')
})

function sha256(content: string): string {
  return createHash('sha256').update(content).digest('hex')
}

describe('a volume', () => {
  test('is not called empty because an image says so', async () => {
    const { docker, scope } = subject
    const login = `${homeVolumeName(scope, 'liar-000001')}-login`
    const HostConfig = { Mounts: [{ Type: 'volume', Source: login, Target: '/x' }] as never }
    const Cmd = ['/bin/sh', '-c', 'echo kept > /x/a.json; ln -sf /bin/true /bin/sh']
    const Labels = { [labels.scope]: scope, [labels.sandbox]: 'liar-000001' }
    const from = await docker.createContainer({ Image: baseImage, Cmd, Labels, HostConfig })
    await from.start()
    await from.wait()
    const repo = `localhost/sbx-liar-${scope}`
    await from.commit({ repo, tag: '1' })
    await from.remove()
    const made = await docker.createContainer({ Image: `${repo}:1`, Cmd: ['-'], Labels, HostConfig })
    try {
      await expect(subject.engine.clearVolume(login, new AbortController().signal)).rejects.toMatchObject({
        diagnostics: [{ code: 'engine/volume-not-emptied', command: 'sbx rm liar-000001' }],
      })
    } finally {
      await made.remove({ force: true })
      await docker.getImage(`${repo}:1`).remove({ force: true })
    }
    expect(await subject.engine.clearVolume(login, new AbortController().signal)).toBe('removed')
  })

  test('is looked into without a start: plain files with their text and time, and nothing that a link leads to', async () => {
    const login = `${homeVolumeName(subject.scope, 'look-000001')}-login`
    const id = await bringUp(subject, { id: 'look-000001', spec: { volumes: { [loginFolder]: login } } })
    const files =
      'printf %s ä > a.json; touch -d @5 a.json; ln -s /etc/passwd link; mkdir folder; head -c 2000000 /dev/zero > big'
    await shell(subject, id, `cd ${loginFolder}; ${files}`)
    const left = async (): Promise<number> => {
      const { docker, scope } = subject
      const filters = { label: [`${labels.scope}=${scope}`] }
      const [containers, images] = await Promise.all([
        docker.listContainers({ all: true, filters }),
        docker.listImages({ filters }),
      ])
      return containers.length + images.length
    }
    const before = await left()
    const found = await subject.engine.readVolumes({
      [login]: ['a.json', 'link', 'folder', 'big', 'none', '../etc/passwd'],
    })
    expect(found[login]).toEqual({
      'a.json': { text: 'ä', modifiedAt: 5 },
      ...{ link: null, folder: null, big: null, none: null, '../etc/passwd': null },
    })
    expect(await left()).toBe(before)

    await subject.engine.perform({ do: 'stop', target: { id } })
    expect(await subject.engine.clearVolume(login, new AbortController().signal)).toBe('emptied')
    expect((await subject.engine.readVolumes({ [login]: ['a.json'] }))[login]).toEqual({ 'a.json': null })
  })
})
