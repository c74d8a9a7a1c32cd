// A container's own files, as a real engine gives and takes them.

import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { digest, snapshotReference } from '../../src/model/names.js'
import type { Step } from '../../src/model/plan.js'
import type { Transfer } from '../../src/model/step-event.js'
import { makeDockerSubject, type DockerSubject } from './support/docker.js'
import { tinyImage } from './support/tiny-image.js'
import { bringUp, createSandbox, shell, startSandbox } from './support/sandbox.js'

let subject: DockerSubject

beforeAll(async () => {
  const debian = await makeDockerSubject()
  subject = { ...debian, image: await tinyImage(debian) }
})

afterAll(async () => {
  await subject.close()
})

function snapshotOf(id: string, container: string): Extract<Step, { do: 'snapshot-container' }> {
  const image = snapshotReference(subject.scope, id, container)
  return { do: 'snapshot-container', target: { id: container }, image, sandboxId: id }
}

describe('a snapshot', () => {
  test('holds the files, the environment of the image, and nothing of the container', async () => {
    const id = 'snapshot-000001'
    const nasty = { A_QUOTED: `it's "a" \\ b`, A_DOLLAR: '$PATH ${PATH:-x} $$', A_HASH: ' # no comment ', A_EMPTY: '' }
    const env = Object.entries(nasty).map(([name, value]) => `${name}=${value}`)
    const base = await subject.docker.createContainer({
      ...{ Image: subject.image, Cmd: ['true'], Env: env, Labels: { 'dev.sbx.scope': subject.scope } },
    })
    const tag = `localhost/sbx-${subject.scope}-env:1`
    await base.commit({ repo: tag.slice(0, -2), tag: '1' })
    const container = await bringUp(subject, { id, image: tag })
    await shell(
      subject,
      container,
      'echo hello > /opt/note && ln /opt/note /opt/again && chmod 4755 /opt/note && truncate -s 16M /opt/holes',
      'root',
    )
    await subject.engine.perform({ do: 'stop', target: { id: container } })
    const said: (string | Transfer)[] = []
    const step = snapshotOf(id, container)
    expect(await subject.engine.perform(step, (each) => said.push(each))).toMatchObject({ made: true })

    const [image, from] = await Promise.all([step.image, tag].map((each) => subject.docker.getImage(each).inspect()))
    if (image === undefined || from === undefined) throw new Error('no image')
    expect([...image.Config.Env].sort()).toEqual([...from.Config.Env].sort())
    expect(image.RootFS.Layers).toHaveLength(1)
    expect(image.Architecture).toBe(from.Architecture)
    const { State, Config } = await subject.docker.getContainer(container).inspect()
    expect(Object.keys(image.Config.Labels).sort()).toEqual([
      'dev.sbx.carried-at',
      'dev.sbx.carried-bytes',
      'dev.sbx.kept-list',
      'dev.sbx.made-by',
      'dev.sbx.name',
      'dev.sbx.role',
      'dev.sbx.sandbox',
      'dev.sbx.scope',
      'dev.sbx.version',
    ])
    expect(image.Config.Labels['dev.sbx.carried-at']).toBe(State.FinishedAt)
    expect(JSON.stringify(image.Config)).not.toContain(Config.Labels['dev.sbx.workspace'])
    expect(said.filter((each) => typeof each !== 'string').length).toBeGreaterThan(1)
    expect((await subject.engine.listLeftovers()).snapshots).toContainEqual({ reference: step.image, sandboxId: id })
    expect((await subject.engine.observe(id, [])).snapshots).toEqual([step.image])

    const next = await bringUp(subject, {
      id,
      image: step.image,
      spec: { carried: { image: step.image, base: { reference: tag, id: from.Id } } },
    })
    expect(await shell(subject, next, 'cat /opt/again; stat -c %a:%h /opt/note')).toBe('hello\n4755:2')
    const live = (await subject.engine.observe(id, [])).containers.find((each) => each.id === next)
    expect(live).toMatchObject({ carriedAt: State.FinishedAt, carriedBytes: expect.any(Number) })
  })

  test('that lost its name is still known as what it is', async () => {
    const id = 'snapshot-000002'
    const container = await createSandbox(subject, { id })
    const step = snapshotOf(id, container)
    await subject.engine.perform(step)
    const { Id } = await subject.docker.getImage(step.image).inspect()
    await subject.docker.getImage(step.image).tag({ repo: `localhost/sbx-${subject.scope}-tiny`, tag: 'of-others' })
    await subject.docker.getImage(step.image).remove()
    const ours = async () =>
      (await subject.engine.listLeftovers()).snapshots.filter(({ sandboxId }) => sandboxId === id)
    expect(await ours()).toEqual([])
    await subject.engine.perform(step)
    await subject.docker.getImage(subject.image).tag({
      ...{
        repo: step.image.slice(0, step.image.lastIndexOf(':')),
        tag: step.image.slice(step.image.lastIndexOf(':') + 1),
      },
    })
    await subject.engine.perform({ do: 'remove-container', target: { id: container } })
    const [nameless] = (await ours()).filter(({ reference }) => reference !== step.image)
    expect(nameless?.reference).toMatch(/^sha256:/)
    expect(nameless?.reference).not.toBe(Id)
    for (const { reference } of await ours()) await subject.engine.perform({ do: 'remove-image', reference })
    expect(await ours()).toEqual([])
  })
})

const copied = { except: ['/tmp', '/run', '/var/lib/sbx'], exceptWithPackages: ['/var/lib/dpkg'] } as const

function copyTo(target: string, from: string): Step {
  return { do: 'copy-files', from: { id: from }, target: { id: target }, ...copied }
}

describe('a copy', () => {
  test('has what was added and changed, as it was, and nothing else', async () => {
    const id = 'copy-000001'
    const from = await bringUp(subject, { id })
    await shell(subject, from, strangeWork, 'root')
    await subject.engine.perform({ do: 'stop', target: { id: from } })
    const target = await createSandbox(subject, { id: 'copy-000002' })
    const said: (string | Transfer)[] = []
    await subject.engine.perform(copyTo(target, from), (each) => said.push(each))
    await startSandbox(subject, target)
    const gone = ['/tmp/x', '/usr/bin/pkg', '/usr/sbin/pkg', '/var/lib/dpkg/info/pkg.list', '/opt/fifo']
    const looks = {
      '/usr/local/bin/tool': 'it runs',
      'cd /usr/local/lib/tool && stat -c "%n %a %u:%g %h" . b b/c b/d setuid far': [
        '. 750 7:8 3',
        'b 755 0:0 2',
        'b/c 640 0:0 2',
        'b/d 640 0:0 2',
        'setuid 4755 0:0 1',
        'far 644 3000000:3000001 1',
      ].join('\n'),
      'readlink /usr/local/lib/tool/b/e; readlink /opt/link': '../a\n/etc/passwd',
      'cat /usr/local/lib/tool/b/e': 'a',
      'tail -n 1 /etc/version': 'changed',
      'stat -c %F /usr/local/bin/thing2 && cmp /usr/local/bin/thing2 /usr/bin/thing && echo same': 'regular file\nsame',
      'stat -c "%s %b" /opt/holes': expect.stringMatching(/^33554432 /) as string,
      'cat "/opt/ä b\n\tc"': 'odd',
      [`cat "/opt/${'long/'.repeat(60)}file"`]: 'deep',
      'ls /usr/share/pkg': 'own',
      ...Object.fromEntries(gone.map((path) => [`test -e ${path} || test -L ${path} || echo none`, 'none'])),
      'cat /usr/share/thing': 'about a thing',
    }
    // In one call, each in a shell of its own.
    const script = Object.keys(looks).map((command) => `(${command}); echo //`)
    const seen = (await shell(subject, target, script.join('\n'), 'root')).split('//').map((text) => text.trim())
    expect(seen).toEqual([...Object.values(looks), ''])
    expect(said.filter((each) => typeof each === 'string')).toEqual([
      'left out /opt/bad\ufffdname: its name is no UTF-8',
      'left out /opt/fifo: it is no file, folder or link',
    ])
  })

  test('goes through no link, and into nothing that is mounted', async () => {
    const id = 'copy-000003'
    const from = await bringUp(subject, { id })
    await shell(subject, from, 'mkdir -p /opt/data && echo mine > /opt/data/file', 'root')
    await subject.engine.perform({ do: 'stop', target: { id: from } })
    const spec = { mounts: { '/opt/data': { source: subject.workspace, readonly: false } } }
    const mounted = await createSandbox(subject, { id: 'copy-000004', spec })
    await expect(subject.engine.perform(copyTo(mounted, from))).rejects.toMatchObject({
      diagnostics: [{ code: 'engine/copy-into-mount', detail: expect.stringContaining('/opt/data') }],
    })
    expect(await readdir(subject.workspace)).toEqual([])

    for (const [command, code] of [
      [`rm -r /opt && ln -s ${subject.workspace} /opt`, 'engine/copy-through-link'],
      [`ln -s ${subject.workspace} /opt/data`, 'engine/copy-in-the-way'],
      ['mkdir -p /opt/data/file', 'engine/copy-in-the-way'],
    ] as const) {
      const target = await createSandbox(subject, { id: 'copy-000005', image: await imageAfter(command) })
      await expect(subject.engine.perform(copyTo(target, from))).rejects.toMatchObject({ diagnostics: [{ code }] })
      expect(await readdir(subject.workspace)).toEqual([])
      await subject.engine.perform({ do: 'remove-container', target: { id: target } })
    }
  })

  test('of a container on a snapshot has what was in that as well', async () => {
    const id = 'copy-000006'
    const first = await bringUp(subject, { id })
    await shell(
      subject,
      first,
      'mkdir /opt/one && echo 1 > /opt/one/a && echo 2 > /opt/one/b && echo 3 > /opt/c',
      'root',
    )
    await subject.engine.perform({ do: 'stop', target: { id: first } })
    const step = snapshotOf(id, first)
    await subject.engine.perform(step)
    const carried = { image: step.image, base: { reference: subject.image, id: '' } }
    const second = await bringUp(subject, { id, image: step.image, spec: { carried } })
    await shell(subject, second, 'rm /opt/one/b /opt/c && echo 4 > /opt/one/d', 'root')
    await subject.engine.perform({ do: 'stop', target: { id: second } })
    const { paths: all, uncounted: none } = await subject.engine.changes(second, 'template')
    expect(none).toBeNull()
    const paths = all.filter(({ path }) => path.startsWith('/opt/'))
    expect(paths.map(({ path, kind }) => `${kind} ${path}`).sort()).toEqual([
      ...['added /opt/one', 'added /opt/one/a', 'added /opt/one/d'],
    ])
    const target = await createSandbox(subject, { id: 'copy-000007' })
    await subject.engine.perform(copyTo(target, second))
    await startSandbox(subject, target)
    expect(await shell(subject, target, 'find /opt -type f | sort')).toBe('/opt/one/a\n/opt/one/d')

    expect((await subject.engine.changes(second, 'kept')).uncounted).toBeNull()

    // Another list that says less is none either.
    for (const hide of [`for f in /var/lib/sbx/kept/*; do echo '[]' > $f; done`, 'rm -r /var/lib/sbx/kept']) {
      await startSandbox(subject, second)
      await shell(subject, second, hide, 'root')
      await subject.engine.perform({ do: 'stop', target: { id: second } })
      for (const again of [snapshotOf(id, second), copyTo(target, second)]) {
        await expect(subject.engine.perform(again)).rejects.toMatchObject({
          diagnostics: [{ code: 'engine/kept-list' }],
        })
      }
      const { paths: known, uncounted } = await subject.engine.changes(second, 'template')
      expect(uncounted).toBe('kept-list')
      expect((await subject.engine.changes(second, 'kept')).uncounted).toBe('kept-list')
      expect(known).toContainEqual({ path: '/opt/one/d', kind: 'added' })
    }
  })
})

describe('a copy of many files in folders that were there', () => {
  const existing =
    'mkdir -p /usr/lib/a && cd /usr/lib/a && for d in 0 1 2 3; do mkdir d$d; for f in $(seq 12); do echo one > d$d/f$f; done; done'

  test('asks for the folders, and has no more than what changed', async () => {
    const image = await imageAfter(existing)
    const from = await bringUp(subject, { id: 'copy-000008', image })
    // The engine would send all the holes of what belongs to a package.
    const work = `cd /usr/lib/a && for f in d*/f*; do echo two >> $f; done && chmod 700 d1 && ln d3/f1 d3/g
      mkdir d2/new && echo new > d2/new/file && ln d0/f1 d2/new/again && truncate -s 2097152M d3/a-holes
      mkdir -p /var/lib/dpkg/info && printf '/usr/lib/a/d3/a-holes\\n' > /var/lib/dpkg/info/pkg.list`
    await shell(subject, from, work, 'root')
    await subject.engine.perform({ do: 'stop', target: { id: from } })
    const target = await createSandbox(subject, {
      id: 'copy-000009',
      image: await imageAfter(`${existing}; chmod 711 d1`),
    })
    await subject.engine.perform(copyTo(target, from))
    await startSandbox(subject, target)
    const look = async (command: string): Promise<string> =>
      shell(subject, target, `cd /usr/lib/a && ${command}`, 'root')
    expect(await look('grep -l two d*/f* | wc -l; find . -type f | wc -l; stat -c %a d1')).toBe('48\n51\n711')
    expect(await look('cat d3/g d2/new/*')).toBe('one\ntwo\none\ntwo\nnew')
  })

  test('goes through no link either', async () => {
    const from = await bringUp(subject, { id: 'copy-000010', image: await imageAfter(existing) })
    await shell(subject, from, 'cd /usr/lib/a && for f in d*/f*; do echo two >> $f; done', 'root')
    await subject.engine.perform({ do: 'stop', target: { id: from } })
    const image = await imageAfter(`${existing}; rm -r d2; ln -s ${subject.workspace} d2`)
    const target = await createSandbox(subject, { id: 'copy-000011', image })
    await expect(subject.engine.perform(copyTo(target, from))).rejects.toMatchObject({
      diagnostics: [{ code: 'engine/copy-through-link', detail: expect.stringContaining('/usr/lib/a/d2') }],
    })
    expect(await readdir(subject.workspace)).toEqual([])
  })
})

/** Reference of an image like the subject's, but for what a command did. */
async function imageAfter(command: string): Promise<string> {
  const labels = { 'dev.sbx.scope': subject.scope }
  const made = await subject.docker.createContainer({
    ...{ Image: subject.image, Cmd: ['/bin/sh', '-c', command], Labels: labels },
  })
  await made.start()
  await made.wait()
  const repo = `localhost/sbx-${subject.scope}-after`
  const tag = digest(command, 8)
  await made.commit({ repo, tag })
  return `${repo}:${tag}`
}

const strangeWork = `
  printf '#!/bin/sh\\necho it runs\\n' > /usr/local/bin/tool && chmod 755 /usr/local/bin/tool
  mkdir -p /usr/local/lib/tool/b && cd /usr/local/lib/tool
  echo a > a && echo c > b/c && chmod 640 b/c && ln b/c b/d && ln -s ../a b/e
  echo s > setuid && chmod 4755 setuid
  echo far > far && chown 3000000:3000001 far
  chown 7:8 . && chmod 750 .
  ln -s /etc/passwd /opt/link
  mkfifo /opt/fifo
  echo changed >> /etc/version
  ln /usr/bin/thing /usr/local/bin/thing2
  truncate -s 32M /opt/holes
  echo odd > "/opt/ä b
	c"
  echo bad > "$(printf '/opt/bad\\377name')"
  mkdir -p /opt/${'long/'.repeat(60)} && echo deep > /opt/${'long/'.repeat(60)}file
  rm /usr/share/thing
  echo x > /tmp/x
  mkdir -p /usr/share/pkg/empty /usr/sbin /var/lib/dpkg/info && echo own > /usr/share/pkg/own && echo theirs > /usr/share/pkg/theirs
  echo pkg > /usr/bin/pkg && echo pkg > /usr/sbin/pkg
  printf '/.\\n/usr\\n/usr/share\\n/usr/share/pkg\\n/usr/share/pkg/empty\\n/usr/share/pkg/theirs\\n/bin/pkg\\n/sbin/pkg\\n' \\
    > /var/lib/dpkg/info/pkg.list
`
