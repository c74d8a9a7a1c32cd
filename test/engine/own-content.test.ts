// What a container has of its own, and who works in it, as a real engine tells it: by GETs.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeDockerSubject, type DockerSubject } from './support/docker.js'
import { tinyImage } from './support/tiny-image.js'
import { bringUp, shell } from './support/sandbox.js'
import { makeTerminal } from './support/terminal.js'
import { until } from './support/until.js'

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
