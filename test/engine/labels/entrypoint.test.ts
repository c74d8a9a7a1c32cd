// The entrypoint on real containers: who `agent` is, what it owns, and how a sandbox ends.

import { createHash } from 'node:crypto'
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { agentHome, homeVolumeName, loginFolder, ownVolumeName, workspaceVolumeName } from '../../../src/model/names.js'
import type { ContextFile } from '../../../src/model/template.js'
import { busybox } from '../support/busybox.js'
import { makeDockerSubject, type DockerSubject } from '../support/docker.js'
import { bringUp, createSandbox, shell, startSandbox } from '../support/sandbox.js'
import { makeTerminal } from '../support/terminal.js'
import { until } from '../support/until.js'

let subject: DockerSubject
const folders: string[] = []

beforeAll(async () => {
  subject = await makeDockerSubject()
})

afterAll(async () => {
  await subject.close()
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

/** A folder of the host that belongs to a user and group. */
async function workspaceOf(uid: number, gid: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sbx-entrypoint-'))
  folders.push(folder)
  await chown(folder, uid, gid)
  return folder
}

async function buildImage(name: string, dockerfile: string, files = {}): Promise<string> {
  const tag = `localhost/sbx_${subject.scope}-${name}:1`
  const labels = { 'dev.sbx.scope': subject.scope }
  const context = { files: { Dockerfile: { mode: 0o644, text: dockerfile }, ...files }, dockerfile: 'Dockerfile' }
  await subject.engine.perform({
    ...{ do: 'build-image', tag, aliases: [], context: { ...context, buildArgs: {}, labels } },
  })
  return tag
}

const withAgent = `FROM debian:bookworm-slim
RUN useradd --uid 1000 --create-home --shell /bin/bash agent && echo kept > /home/agent/from-image && chown -R agent: /home/agent
`

describe('agent', () => {
  test.each([
    [1000, 1000],
    [501, 20],
    [1000, 100],
  ])('is the owner of the workspace, %i:%i, and can write to it and to its home', async (uid, gid) => {
    const workspace = await workspaceOf(uid, gid)
    const image = await buildImage('agent', withAgent)
    const spec = { workspace: { path: workspace, readonly: false } }
    const id = await bringUp(subject, { id: `owner-${uid}${gid}`, image, spec })
    expect(await shell(subject, id, 'id -u; id -g; id -un; id -gn; echo $HOME $USER $LOGNAME; pwd')).toBe(
      `${uid}\n${gid}\nagent\nagent\n/home/agent agent agent\n${workspace}`,
    )
    await shell(subject, id, 'echo mine > made; cat ~/from-image; echo more >> ~/from-image; mkdir -p ~/.cache/x')
    expect(await stat(join(workspace, 'made'))).toMatchObject({ uid, gid })
  })

  test('is root by another name where root owns the workspace, and sessions are told that this is a sandbox', async () => {
    const workspace = await workspaceOf(0, 0)
    const image = await buildImage('agent', withAgent)
    const id = await bringUp(subject, {
      id: 'owner-root',
      image,
      spec: { workspace: { path: workspace, readonly: false } },
    })
    expect(await shell(subject, id, 'id -un; echo $IS_SANDBOX $HOME; stat -c %U .')).toBe('root\n1 /home/agent\nroot')
    expect(await shell(subject, id, 'head -2 /etc/passwd | cut -d : -f 1')).toBe('root\nagent')
    await shell(subject, id, 'echo mine > made; echo more >> ~/from-image')
  })

  test('is who owns the folder outside where the workspace is a clone, and owns what is the sandbox’s own', async () => {
    const workspace = await workspaceOf(1000, 100)
    await writeFile(join(workspace, 'outside'), '')
    const id = 'owner-clone'
    const clone = workspaceVolumeName(subject.scope, id)
    const own = ownVolumeName(subject.scope, id, 'web/target')
    const spec = {
      workspace: { path: workspace, readonly: false, mode: 'clone' },
      own: { 'web/target': true },
      volumes: { [agentHome]: homeVolumeName(subject.scope, id), [workspace]: clone, [`${workspace}/web/target`]: own },
    } as const
    const container = await bringUp(subject, { id, spec, owner: '1000:100' })
    expect(await shell(subject, container, 'id -u; id -g; stat -c %u:%g . web web/target; ls')).toBe(
      '1000\n100\n1000:100\n1000:100\n1000:100\nweb',
    )
    await shell(subject, container, 'echo mine > made; echo mine > web/made; echo mine > web/target/made')
    // Whoever owns it now is not asked again.
    await shell(subject, container, 'chown 4321:4321 web/target', 'root')
    await subject.engine.perform({ do: 'stop', target: { id: container } })
    await startSandbox(subject, container)
    expect(await shell(subject, container, 'stat -c %u . web/target; cat web/made')).toBe('1000\n4321\nmine')
  })

  test('is made where the image has none, with the best shell there is', async () => {
    const workspace = await workspaceOf(501, 501)
    const id = await bringUp(subject, { id: 'no-agent', spec: { workspace: { path: workspace, readonly: false } } })
    expect(await shell(subject, id, 'id -un; grep ^agent: /etc/passwd; touch ~/x made')).toBe(
      'agent\nagent:*:501:501::/home/agent:/bin/bash',
    )
    expect(await shell(subject, id, 'echo ${IS_SANDBOX-unset}')).toBe('unset')
  })

  test("takes the workspace's number from another user of the image", async () => {
    const workspace = await workspaceOf(1000, 1000)
    const image = await buildImage('node', 'FROM debian:bookworm-slim\nRUN useradd --uid 1000 --create-home node\n')
    const id = await bringUp(subject, {
      id: 'node-user',
      image,
      spec: { workspace: { path: workspace, readonly: false } },
    })
    expect(await shell(subject, id, 'id -un; touch made; stat -c %U made')).toBe('agent\nagent')
  })

  test('reads a workspace that it may not write', async () => {
    const workspace = await workspaceOf(501, 501)
    await writeFile(join(workspace, 'secret'), 'text', { mode: 0o600 })
    await chown(join(workspace, 'secret'), 501, 501)
    const id = await bringUp(subject, { id: 'readonly', spec: { workspace: { path: workspace, readonly: true } } })
    expect(await shell(subject, id, 'cat secret')).toBe('text')
    await expect(shell(subject, id, 'touch made')).rejects.toThrow('Read-only file system')
  })

  test("uses the engine's socket through its group", async () => {
    const workspace = await workspaceOf(1000, 1000)
    const spec = { workspace: { path: workspace, readonly: false }, socket: 'host' } as const
    const id = await bringUp(subject, { id: 'socket', spec })
    expect(await shell(subject, id, 'test -w /var/run/docker.sock && id -u')).toBe('1000')
  })
})

describe('ownership', () => {
  test('of what is mounted below the home stays, that of the folders that lead there does not', async () => {
    const [workspace, models] = [await workspaceOf(501, 501), await workspaceOf(0, 0)]
    await mkdir(join(models, 'deep'))
    await chmod(models, 0o755)
    const spec = {
      workspace: { path: workspace, readonly: false },
      mounts: { '/home/agent/.local/share/my models': { source: models, readonly: false } },
    }
    const id = await bringUp(subject, { id: 'nested', spec })
    expect(await stat(models)).toMatchObject({ uid: 0, gid: 0 })
    expect(await stat(join(models, 'deep'))).toMatchObject({ uid: 0, gid: 0 })
    expect(await shell(subject, id, 'ls "$HOME/.local/share/my models"; touch ~/x ~/.local/x ~/.local/share/x')).toBe(
      'deep',
    )
  })

  test('of a home follows the workspace from one owner to the next, links stay links', async () => {
    const [first, second] = [await workspaceOf(501, 501), await workspaceOf(1002, 1003)]
    const volumes = { [agentHome]: homeVolumeName(subject.scope, 'moved') }
    const one = await bringUp(subject, { id: 'moved', spec: { volumes, workspace: { path: first, readonly: false } } })
    await shell(subject, one, 'mkdir -p ~/a/b; touch ~/a/b/c ~/.hidden; ln -s /etc/hosts ~/link')
    await subject.engine.perform({ do: 'stop', target: { id: one } })
    const two = await bringUp(subject, {
      id: 'moved-2',
      spec: { volumes, workspace: { path: second, readonly: false } },
    })
    expect(await shell(subject, two, 'stat -c %u:%g ~ ~/a/b/c ~/.hidden ~/link | sort -u')).toBe('1002:1003')
    expect(await shell(subject, two, 'stat -c %u /etc/hosts')).toBe('0')
  })

  test('of the login folder is agent', async () => {
    const workspace = await workspaceOf(501, 501)
    const volumes = { [loginFolder]: `sbx_${subject.scope}-login` }
    const id = await bringUp(subject, {
      id: 'login',
      spec: { volumes, workspace: { path: workspace, readonly: false } },
    })
    await shell(subject, id, `touch ${loginFolder}/x`)
  })
})

describe('a start', () => {
  test('can be done again and again, and changes nothing the second time', async () => {
    const workspace = await workspaceOf(501, 501)
    const id = await bringUp(subject, {
      ...{ id: 'again', spec: { workspace: { path: workspace, readonly: false }, socket: 'host' } },
    })
    const look = () =>
      shell(subject, id, 'cat /etc/passwd /etc/group /run/sbx/environment; stat -c %a:%u /run/sbx/sessions')
    const before = await look()
    for (let count = 0; count < 2; count += 1) {
      await subject.docker.getContainer(id).kill()
      await subject.docker.getContainer(id).wait()
      await startSandbox(subject, id)
      expect(await shell(subject, id, 'id -u')).toBe('501')
    }
    expect(await look()).toBe(before)
  })

  test('is not ready by the word of an earlier one', async () => {
    const { docker, engine, image, scope } = subject
    // Slower than the real one from its second start on.
    const script = `mkdir -p /var/lib/sbx
      if [ -e /var/lib/sbx/ready ]; then sleep 1; touch /second; fi
      : >/var/lib/sbx/ready; sleep 1000`
    const body = { Image: image, Cmd: ['/bin/sh', '-c', script], Labels: { 'dev.sbx.scope': scope } }
    const container = await docker.createContainer(body)
    const target = { id: container.id }
    await engine.perform({ do: 'start', target })
    await engine.perform({ do: 'await-ready', target })
    await container.kill()
    await container.wait()
    await engine.perform({ do: 'start', target })
    await engine.perform({ do: 'await-ready', target })
    expect(await shell(subject, container.id, 'ls /second', 'root')).toBe('/second')
  })

  test('that fails is told with its last words', async () => {
    const image = await buildImage(
      'broken',
      'FROM debian:bookworm-slim\nRUN rm /bin/stat /usr/bin/find /bin/chown && mkdir /var/lib/sbx\n',
    )
    const id = await createSandbox(subject, { id: 'broken', image })
    await subject.engine.perform({ do: 'start', target: { id } })
    await expect(subject.engine.perform({ do: 'await-ready', target: { id } })).rejects.toMatchObject({
      diagnostics: [
        { code: 'engine/start-failed', detail: expect.stringMatching(/find: not found[^]*cannot read the workspace/) },
      ],
    })
  })
})

describe('an end', () => {
  test('is passed on to sessions, which have time to finish', async () => {
    const id = await bringUp(subject, { id: 'term' })
    const terminal = makeTerminal(false)
    const script = `trap 'sleep 1; echo finished > finished; exit 5' TERM; echo begun; while :; do sleep 0.1; done`
    const session = { argv: ['/bin/sh', '-c', script], workingFolder: subject.workspace, env: {} }
    const exitCode = subject.engine.attach(id, session, terminal, new AbortController().signal)
    await until(() => terminal.written().includes('begun'))
    await subject.engine.perform({ do: 'stop', target: { id } })
    expect(await exitCode).toBe(5)
    expect(await readFile(join(subject.workspace, 'finished'), 'utf8')).toBe('finished\n')
    const { State } = await subject.docker.getContainer(id).inspect()
    expect(State).toMatchObject({ Status: 'exited', ExitCode: 0 })
  })

  test('comes for those who do not listen as well', async () => {
    const id = await bringUp(subject, { id: 'deaf' })
    const terminal = makeTerminal(false)
    const session = {
      ...{ argv: ['/bin/sh', '-c', "trap '' TERM; echo begun; while :; do sleep 0.1; done"], env: {} },
      workingFolder: subject.workspace,
    }
    const exitCode = subject.engine.attach(id, session, terminal, new AbortController().signal)
    await until(() => terminal.written().includes('begun'))
    await subject.engine.perform({ do: 'stop', target: { id } })
    expect(await exitCode).toBe(137)
  })
})

describe('every shell will do', () => {
  test.each(['bash', 'busybox'])('%s', async (name) => {
    const image = await (name === 'bash'
      ? buildImage('bash', 'FROM debian:bookworm-slim\nRUN ln -sf bash /bin/sh\n')
      : buildImage('busybox', busyboxDockerfile, { busybox: await busyboxFile() }))
    const workspace = await workspaceOf(501, 501)
    const spec = { workspace: { path: workspace, readonly: false }, socket: 'host' } as const
    const id = await bringUp(subject, { id: `shell-${name}`, image, spec })
    expect(await shell(subject, id, 'id -u; touch made ~/x; echo $HOME')).toBe('501\n/home/agent')
    await subject.engine.perform({ do: 'stop', target: { id } })
    expect((await subject.docker.getContainer(id).inspect()).State.ExitCode).toBe(0)
    await startSandbox(subject, id)
    expect(await shell(subject, id, 'grep -c ^agent: /etc/passwd')).toBe('1')
  })
})

async function busyboxFile(): Promise<ContextFile> {
  const hostPath = await busybox()
  return {
    mode: 0o755,
    hostPath,
    digest: createHash('sha256')
      .update(await readFile(hostPath))
      .digest('hex'),
  }
}

const busyboxDockerfile = `FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
ENV PATH=/bin
`
