// What each command prints with --json is as schema/ says, with nothing before or after it.

import { mkdir, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectValid, onlySandbox, type ListDocument, type PlanDocument } from './support/documents.js'
import { Project } from './support/project.js'

describe('--json', () => {
  let project: Project
  beforeAll(async () => {
    project = await Project.create()
    await mkdir(project.beside('data'))
    await project.write(
      'agent: shell\nname: web\n' +
        `mounts: ["${project.beside('data')}:/data:ro"]\n` +
        'env: { A: b, HANDED: "${env:SBX_TEST_UNSET}" }\nresources: { memory: 256m }\nports: ["3000"]\n',
    )
  })
  afterAll(async () => {
    await project.remove()
  })

  async function events(...args: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const lines = (await project.ok([...args, '--json'])).trimEnd().split('\n')
    const documents = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
    for (const document of documents) expectValid('events', document)
    return documents
  }

  async function plan(...flags: readonly string[]): Promise<PlanDocument> {
    const document = await project.json<PlanDocument>(['plan', ...flags])
    expectValid('plan', document)
    return document
  }

  test('plan of a new sandbox must have the fields that scripts rely on', async () => {
    const document = await plan()
    expect(document.summary).toMatchObject({ create: 1, start: 0, update: 0, recreate: 0, remove: 0, unchanged: 0 })
    const { name, action, changes, grants } = onlySandbox(document)
    expect([name, action]).toEqual(['web', 'create'])
    expect(changes.map(({ path }) => path)).toEqual(expect.arrayContaining(['/env/A', '/mounts/~1data']))
    expect(grants).toContainEqual(expect.objectContaining({ key: 'mount:/data', widens: true }))
  })

  test('a refusal must be the errors document alone, with exit code 3', async () => {
    const ran = await project.sbx(['apply', '--json'])
    expect(ran.exitCode).toBe(3)
    const document: unknown = JSON.parse(ran.stdout)
    expectValid('errors', document)
    expect(document).toMatchObject({ errored: true, diagnostics: [{ code: 'approval/needed' }] })
  })

  test('apply must be lines, the last of them the summary with the container that is in use', async () => {
    const lines = await events('apply', '--yes', '--allow-widen')
    const { Id } = await project.container()
    expect(lines[0]).toMatchObject({ type: 'plan', summary: { create: 1 }, sandboxes: [{ name: 'web' }] })
    const steps = lines.filter(({ type }) => type === 'step')
    expect(lines[0]).toMatchObject({ sandboxes: [{ steps: steps.length / 2 }] })
    expect(steps.map(({ status }) => status)).toEqual(steps.map((_, index) => (index % 2 === 0 ? 'begun' : 'done')))
    expect(lines.at(-1)).toMatchObject({
      type: 'summary',
      sandboxes: [{ name: 'web', action: 'create', container_id: Id }],
    })
    expect(await events('apply', '--yes')).toEqual([
      expect.objectContaining({ type: 'plan', summary: expect.objectContaining({ unchanged: 1 }) as object }),
      expect.objectContaining({
        type: 'summary',
        sandboxes: [expect.objectContaining({ action: 'reuse', container_id: Id })],
      }),
    ])
  })

  test('plan of an update, of a recreate, of drift and of nothing must be as the schema says', async () => {
    expect((await plan()).summary).toMatchObject({ unchanged: 1 })
    const file = 'agent: shell\nname: web\nenv: { A: c }\nresources: { memory: 300m }\nports: ["3000"]\n'
    await project.write(`${file}mounts: ["${project.beside('data')}:/data:ro"]\n`)
    const update = onlySandbox(await plan())
    expect(update.action).toBe('update')
    expect(update.changes).toContainEqual(
      expect.objectContaining({ path: '/env/A', op: 'change', effect: 'next_session', before: 'b', after: 'c' }),
    )
    await project.docker.getContainer((await project.container()).Id).update({ PidsLimit: 50 })
    expect(onlySandbox(await plan()).changes.map(({ origin }) => origin)).toContain('drift')
    await project.write(file)
    expect((await plan()).summary).toMatchObject({ recreate: 1 })
    expect((await plan('--recreate')).summary).toMatchObject({ recreate: 1 })
  })

  test('ls must list, and inspect must be an array as docker’s is', async () => {
    const list = await project.json<ListDocument>(['ls'])
    expectValid('list', list)
    const { Id } = await project.container()
    expect(list.sandboxes).toEqual([
      expect.objectContaining({
        name: 'web',
        agent: 'shell',
        template: 'shell',
        workspace: project.folder,
        status: 'running',
        container_id: Id,
      }),
    ])
    const inspected = await project.json<readonly unknown[]>(['inspect', 'web'])
    expectValid('inspect', inspected)
    expect(inspected).toEqual([
      expect.objectContaining({
        id: list.sandboxes[0]?.id,
        container_id: Id,
        labels: expect.objectContaining({ 'dev.sbx.display-name': 'web' }) as object,
        grants: expect.arrayContaining([expect.objectContaining({ key: 'mount:/data' })]) as object,
      }),
    ])
  })

  test('stats and cp must be as their schemas say, and a link must stay inside', async () => {
    const stats = await project.json<{ readonly sandboxes: readonly unknown[] }>(['stats', '--no-stream'])
    expectValid('stats', stats)
    expect(stats.sandboxes).toMatchObject([
      { name: 'web', status: 'running', cpu: expect.any(Number) as number, sessions: 0, near: [] },
    ])
    await project.write('text', 'tree/file')
    await symlink('file', join(project.folder, 'tree/link'))
    const given = await project.json(['cp', 'tree', ':/tmp'])
    expectValid('cp', given)
    expect(given).toMatchObject({ target: '/tmp/tree', files: 1, bytes: 4, skipped: [] })
    const taken = await project.json(['cp', ':/tmp/tree', project.beside('taken')])
    expectValid('cp', taken)
    expect(taken).toMatchObject({ files: 1, skipped: [{ path: 'link', why: 'it is a link, to file' }] })
    expect(await readdir(project.beside('taken'))).toEqual(['file'])
  })

  test('stop, rm and prune must be lines that end with a summary', async () => {
    for (const args of [['stop'], ['rm', '--volumes'], ['prune', '--yes'], ['prune', '--yes']]) {
      expect((await events(...args)).at(-1)).toMatchObject({ type: 'summary', errored: false })
    }
    const list = await project.json<ListDocument>(['ls'])
    expectValid('list', list)
    expect(list.sandboxes).toEqual([])
  })

  test('an error must be the errors document alone, whatever the command', async () => {
    await project.write('agnt: shell\n')
    for (const args of [['validate'], ['plan'], ['apply'], ['run'], ['inspect'], ['exec', '--', 'true']]) {
      const [verb = '', ...rest] = args
      const ran = await project.sbx([verb, '--json', ...rest])
      expect(ran.stderr, verb).toBe('')
      expectValid('errors', JSON.parse(ran.stdout))
    }
  })
})
