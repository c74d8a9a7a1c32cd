// The image that a sandbox is made from: one that is not there, one whose name moves on.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { onlySandbox, type ErrorsDocument, type PlanDocument, type PlannedDocument } from './support/documents.js'
import { nothing, objectsOf } from './support/objects.js'
import { Project } from './support/project.js'

const inherited = 'localhost/sbx-shell:latest'

describe('an image that is named in the file', () => {
  let project: Project
  let image: string
  let first: string
  let second: string
  beforeAll(async () => {
    project = await Project.create()
    image = `localhost/${project.scope}:moving`
    await project.write('agent: shell\n')
    await project.ok(['plan'])
    first = await build('first')
    second = await build('second')
    await tag(first)
  })
  afterAll(async () => {
    await project.remove()
    for (const id of [first, second]) await project.docker.getImage(id).remove({ force: true })
  })

  /** An image of its own, as small as a label on the shell template; gives its id. */
  async function build(word: string): Promise<string> {
    const container = await project.docker.createContainer({ Image: inherited })
    const committed: unknown = await container.commit({ repo: `localhost/${project.scope}`, tag: word })
    await container.remove()
    return (committed as { readonly Id: string }).Id
  }

  async function tag(id: string, name = 'moving'): Promise<void> {
    await project.docker.getImage(id).tag({ repo: `localhost/${project.scope}`, tag: name })
  }

  async function plan(...flags: readonly string[]): Promise<PlannedDocument> {
    return onlySandbox(await project.json<PlanDocument>(['plan', ...flags]))
  }

  test('that does not exist must be an error of the plan at its line, and nothing is touched', async () => {
    const missing = `localhost:1/${project.scope}/not-there:1`
    await project.write(`agent: shell\ntemplate: ${missing}\n`)
    for (const args of [
      ['plan', '--json'],
      ['apply', '--yes', '--allow-widen', '--json'],
    ]) {
      const ran = await project.sbx(args)
      expect(ran.exitCode).toBe(1)
      const { diagnostics } = JSON.parse(ran.stdout) as ErrorsDocument
      expect(diagnostics).toEqual([
        expect.objectContaining({
          code: 'engine/cannot-pull',
          at: { file: join(project.folder, 'sandbox.yaml'), line: 2, column: 11 },
          detail: expect.stringContaining(missing) as string,
        }),
      ])
    }
    expect((await project.sbx(['plan'])).stderr).toContain('template:')
    expect(await objectsOf(project)).toEqual(nothing)
  })

  test('must be what the sandbox is made from', async () => {
    await project.write(`agent: shell\ntemplate: ${image}\n`)
    await project.ok(['apply', '--yes', '--allow', 'template'])
    expect((await project.container()).Image).toBe(first)
    await project.inside('echo kept > ~/note')
  })

  test('whose name moves on must be a note with both ids, and no change', async () => {
    const before = await project.container()
    await tag(second)
    expect(await plan()).toMatchObject({
      action: 'reuse',
      changes: [],
      notes: [{ kind: 'tag_moved', reference: image, from: first, to: second }],
    })
    const text = await project.ok(['plan'])
    for (const id of [first, second]) expect(text).toContain(id.replace('sha256:', '').slice(0, 8))
    expect(text).toContain('sbx apply --upgrade')
    await project.ok(['apply', '--yes'])
    expect((await project.container()).State).toEqual(before.State)
  })

  test('must be built upon where no registry has it', async () => {
    const setup = await Project.create()
    try {
      await setup.write(`agent: shell\ntemplate: ${image}\nsetup: [touch /etc/made]\n`)
      const { steps } = onlySandbox(JSON.parse(await setup.ok(['plan', '--json'])) as PlanDocument)
      expect(steps.map(({ op }) => op)).not.toContain('pull-image')
      await setup.ok(['apply', '--yes', '--allow', 'template'])
      expect(await setup.inside('ls /etc/made')).toBe('/etc/made')
    } finally {
      await setup.remove()
    }
  })

  test('must be taken by --upgrade, with the home kept', async () => {
    const before = await project.container()
    expect(await plan('--upgrade')).toMatchObject({ action: 'recreate', reason: 'image_moved' })
    await project.ok(['apply', '--yes', '--upgrade'])
    const after = await project.container()
    expect(after.Id).not.toBe(before.Id)
    expect(after.Image).toBe(second)
    expect(await project.inside('cat ~/note')).toBe('kept')
    expect(await plan('--upgrade')).toMatchObject({ action: 'reuse', notes: [] })
  })

  test('that goes away under its name must leave the sandbox as it runs', async () => {
    const before = await project.container()
    await project.docker.getImage(image).remove()
    const planned = await project.sbx(['plan', '--json'])
    expect(planned.exitCode).toBe(0)
    expect(onlySandbox(JSON.parse(planned.stdout) as PlanDocument).action).toBe('reuse')
    expect((await project.container()).State).toEqual(before.State)
  })

  test('must follow the content of the folder that it is built from', async () => {
    const folder = join(project.folder, 'template')
    await mkdir(folder)
    await project.write(`FROM ${inherited}\nRUN echo one > /opt/word\n`, 'template/Dockerfile')
    await project.write('agent: shell\ntemplate: ./template\n')
    await project.ok(['apply', '--yes', '--allow', 'template'])
    expect(await project.inside('cat /opt/word')).toBe('one')
    await project.write(`FROM ${inherited}\nRUN echo two > /opt/word\n`, 'template/Dockerfile')
    expect(await plan()).toMatchObject({ action: 'recreate', reason: 'config_changed' })
    await project.ok(['apply', '--yes'])
    expect(await project.inside('cat /opt/word; cat ~/note')).toBe('two\nkept')
  })
})
