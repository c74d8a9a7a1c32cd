// What a container has of its own, and who works in it, as a real engine tells it: by GETs.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeDockerSubject, type DockerSubject } from '../support/docker.js'
import { tinyImage } from '../support/tiny-image.js'
import { bringUp, shell } from '../support/sandbox.js'
import { makeTerminal } from '../support/terminal.js'
import { until } from '../support/until.js'

let subject: DockerSubject
let id: string

beforeAll(async () => {
  const debian = await makeDockerSubject()
  subject = { ...debian, image: await tinyImage(debian) }
  const base = await subject.docker.createContainer({
    ...{ Image: subject.image, Cmd: ['true'], Labels: { 'dev.sbx.scope': subject.scope } },
  })
  const repo = `localhost/sbx-${subject.scope}-volumes`
  await base.commit({ repo, tag: '1', changes: 'VOLUME /var/empty /var/data' })
  id = await bringUp(subject, { id: 'own-000001', image: `${repo}:1` })
})

afterAll(async () => {
  await subject.close()
})

test('its size is told, and which volumes of the image hold something', async () => {
  const before = await subject.engine.ownContent(id)
  expect(before.volumes).toEqual([])
  await shell(
    subject,
    id,
    'echo mine > /var/data/x; head -c 3000000 /dev/zero > /opt/large; touch /home/agent/y',
    'root',
  )
  const { bytes, volumes } = await subject.engine.ownContent(id)
  expect(volumes).toEqual(['/var/data'])
  expect((bytes ?? 0) - (before.bytes ?? 0)).toBeGreaterThanOrEqual(3_000_000)
})

test('small files of a folder are read one by one and all at once, and nothing else', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `n-${index}.list`)
  await shell(
    subject,
    id,
    'mkdir -p /opt/lists/n-1.list && cd /opt/lists && for i in 0 2 3 4 5 6 7 8 9; do echo /x/$i > n-$i.list; done; ' +
      'rm n-3.list && ln -s /etc/passwd n-3.list && echo secret > other && head -c 40000000 /dev/zero > z-huge.list',
    'root',
  )
  const few = await subject.engine.readFiles(id, '/opt/lists', [...names.slice(0, 4), 'z-huge.list', '__proto__'])
  expect(few).toEqual({ 'n-0.list': '/x/0\n', 'n-2.list': '/x/2\n' })
  const many = await subject.engine.readFiles(id, '/opt/lists', names)
  expect(Object.keys(many).sort()).toEqual([0, 2, 4, 5, 6, 7, 8, 9].map((index) => `n-${index}.list`))
  expect(await subject.engine.readFiles(id, '/opt/no-such', names)).toEqual({})
})

test('files are sized by folder: a few each, more in an archive of their folder, and never through a mount', async () => {
  const many = Array.from({ length: 60 }, (_, index) => `/opt/sized/many/${String(index)}`)
  await shell(
    subject,
    id,
    'mkdir -p /opt/sized/many /opt/sized/few/empty && cd /opt/sized/many && ' +
      'for i in $(seq 0 59); do echo 123456789 > $i; done; head -c 5000 /dev/zero > not-asked-for; ' +
      'head -c 70000 /dev/zero > ../few/large; ln -s large ../few/link; ln 1 hard',
    'root',
  )
  const few = ['large', 'link', 'empty'].map((name) => `/opt/sized/few/${name}`)
  const folders = [
    { path: '/opt/sized/many', files: many },
    { path: '/opt/sized/few', files: few },
    { path: '/opt/sized/none', files: ['/opt/sized/none/x'] },
    { path: '/opt', files: many },
    { path: '/opt/sized/few', files: [...few, '/opt/sized/few/gone'] },
  ]
  const options = { mounts: ['/opt/other/mounted'], milliseconds: 600_000 }
  expect(await subject.engine.fileSizes(id, folders, options)).toEqual([
    ...[{ bytes: 600 }, { bytes: 70_000 }, null, null],
    { bytes: 70_000, isPart: true },
  ])
  expect(await subject.engine.fileSizes(id, folders, { ...options, milliseconds: -1 })).toEqual(folders.map(() => null))
})

test('of a large folder so much is read as takes a moment, and what was seen is a part', async () => {
  const files = Array.from({ length: 40 }, (_, index) => `/opt/huge/${String(index + 10)}`)
  await shell(
    subject,
    id,
    'mkdir /opt/huge && cd /opt/huge && for i in $(seq 10 49); do truncate -s 8000000 $i; done',
    'root',
  )
  const [size] = await subject.engine.fileSizes(id, [{ path: '/opt/huge', files }], {
    mounts: [],
    milliseconds: 600_000,
  })
  expect(size).toMatchObject({ isPart: true })
  expect((size?.bytes ?? 0) % 8_000_000).toBe(0)
  expect(size?.bytes).toBeLessThan(20 * 8_000_000)
})

test('a session is told with its program, its terminal and how long it has been there', async () => {
  expect(await subject.engine.sessions(id)).toEqual([])
  const session = { argv: ['/bin/cat'], workingFolder: subject.workspace, env: {} }
  const [screen, pipes] = [makeTerminal(true), makeTerminal(false)]
  const never = new AbortController().signal
  const attached = [screen, pipes].map((terminal) => subject.engine.attach(id, session, terminal, never))
  // Each begins as a shell.
  const isThere = async (): Promise<boolean> => {
    const sessions = await subject.engine.sessions(id)
    return sessions.length === 2 && sessions.every(({ command }) => command !== 'sh')
  }
  await until(isThere)
  const sessions = await subject.engine.sessions(id)
  const names = sessions.map(({ terminal }) => terminal)
  expect(names).toContain(null)
  expect(names).toContainEqual(expect.stringMatching(/^(pts\/\d+|a terminal)$/))
  for (const { seconds } of sessions) expect(seconds).toBeGreaterThanOrEqual(0)
  screen.type('\u0004')
  pipes.endInput()
  expect(await Promise.all(attached)).toEqual([0, 0])
  await until(async () => (await subject.engine.sessions(id)).length === 0)
})
