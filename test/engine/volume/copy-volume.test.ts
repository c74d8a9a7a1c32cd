// A home with everything in it that an agent can put there, copied and exported by a real engine.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { extract, type Header } from 'tar-stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { holderOf } from '../../../src/engine/container/holder.js'
import { homeVolumeName } from '../../../src/model/names.js'
import { makeDockerSubject, type DockerSubject } from '../support/docker.js'
import { bringUp, requestOf, shell } from '../support/sandbox.js'

let subject: DockerSubject
let source: string

beforeAll(async () => {
  subject = await makeDockerSubject()
  const options = { id: 'copy-000001' }
  const { sandbox } = requestOf(subject, options)
  source = homeVolumeName(subject.scope, sandbox.id)
  await subject.engine.perform({ do: 'create-volume', name: source, holds: 'home', sandbox })
  const id = await bringUp(subject, options)
  const script = `
    cd /home/agent
    mkdir -p .config/deep; echo kept > .config/deep/note; chmod 600 .config/deep/note; chown 1234:4321 .config/deep/note
    ln -s ../../../../../../etc/shadow up-and-out; ln -s /etc absolute; ln -s nowhere dangling
    echo twice > one; ln one other; cp /bin/true tool; chmod 4755 tool
    mkfifo pipe; printf x > "$(printf 'line\\nbreak')"; mkdir empty; chmod 1777 empty
    printf x > "$(printf 'long%0250d' 1)"; head -c 8000000 /dev/urandom > large`
  await shell(subject, id, script, 'root')
})

afterAll(async () => {
  await subject.close()
})

const signal = new AbortController().signal

async function entriesOf(archive: Buffer): Promise<readonly Omit<Header, 'mtime'>[]> {
  const entries = extract()
  entries.end(archive)
  const headers: Omit<Header, 'mtime'>[] = []
  for await (const entry of entries) {
    const { name, type, mode, uid, gid, size, linkname } = entry.header
    headers.push({ name, type, mode, uid, gid, size, linkname } as Header)
    entry.resume()
  }
  return headers
}

async function exported(name: string): Promise<Buffer> {
  const sink = new PassThrough()
  const [archive] = await Promise.all([buffer(sink), subject.engine.exportVolume(name, 'web', sink, signal)])
  return archive
}

async function leftovers(): Promise<readonly string[]> {
  const filters = { label: [`dev.sbx.scope=${subject.scope}`] }
  const containers = await subject.docker.listContainers({ all: true, filters })
  const images = await subject.docker.listImages({ filters })
  return [...containers.map(({ Names }) => Names[0] ?? ''), ...images.map(({ Id }) => Id)].filter((name) =>
    /look|sha256/.test(name),
  )
}

test('a copy has all that the original has, and nothing is left of the copying', async () => {
  const target = homeVolumeName(subject.scope, 'copy-000002')
  const { sandbox } = requestOf(subject, { id: 'copy-000002' })
  await subject.engine.perform({ do: 'create-volume', name: target, holds: 'home', sandbox })
  const { files, bytes } = await subject.engine.copyVolume(source, target, signal)
  const [original, copy] = [await entriesOf(await exported(source)), await entriesOf(await exported(target))]
  expect(copy).toEqual(original)
  expect(original.map(({ name }) => name)).toContain('web/line\nbreak')
  expect((original.find(({ name }) => name === 'web/tool')?.mode ?? 0) & 0o7777).toBe(0o4755)
  expect(original.find(({ name }) => name === 'web/up-and-out')?.linkname).toBe('../../../../../../etc/shadow')
  expect(original.find(({ name }) => name === 'web/.config/deep/note')).toMatchObject({ uid: 1234, gid: 4321 })
  expect(files).toBe(original.filter(({ type }) => type !== 'directory').length)
  expect(bytes).toBeGreaterThan(0)
  expect(await leftovers()).toEqual([])
})

test('a copy that is interrupted is told as that, and leaves nothing but what was copied', async () => {
  const target = homeVolumeName(subject.scope, 'copy-000003')
  const { sandbox } = requestOf(subject, { id: 'copy-000003' })
  await subject.engine.perform({ do: 'create-volume', name: target, holds: 'home', sandbox })
  await expect(subject.engine.copyVolume(source, target, AbortSignal.abort())).rejects.toMatchObject({
    kind: 'interrupted',
    diagnostics: [{ code: 'engine/interrupted' }],
  })
  expect(await leftovers()).toEqual([])
})

test('what a call was killed over is known as that, and only then; it holds the volumes until it goes', async () => {
  const child = spawn('sleep', ['60'])
  await once(child, 'spawn')
  const dead = await holderOf('', child.pid)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const ids: string[] = []
  for (const [name, holder] of [
    ['dead', dead],
    ['alive', await holderOf('')],
  ] as const) {
    const { id } = await subject.docker.createContainer({
      ...{ name: `sbx_${subject.scope}-look-${name}`, Image: subject.image, Cmd: ['-'] },
      Labels: { 'dev.sbx.scope': subject.scope, 'dev.sbx.holder': holder },
      HostConfig: { Mounts: [{ Type: 'volume', Source: source, Target: '/0' }] },
    })
    ids.push(id)
  }
  const { abandoned } = await subject.engine.listLeftovers()
  expect(abandoned).toEqual([{ kind: 'container', id: ids[0] }])
  const [{ Id: worker } = { Id: '' }] = await subject.docker.listContainers({
    filters: { label: [`dev.sbx.scope=${subject.scope}`, 'dev.sbx.sandbox=copy-000001'] },
  })
  await expect(subject.engine.checkUnused([source], [ids[0] ?? '', worker])).rejects.toMatchObject({
    diagnostics: [
      {
        detail: expect.stringMatching(/look-alive, by an sbx that is at work with it/),
        command: expect.stringMatching(/^docker rm \S+-look-alive$/),
      },
    ],
  })
  for (const id of ids) await subject.engine.perform({ do: 'remove-container', target: { id } })
  expect((await subject.engine.listLeftovers()).abandoned).toEqual([])
})
