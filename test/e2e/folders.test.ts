// The workspace folder is copied, moved, deleted or cloned anew while its sandbox is there.

import { chown, cp, mkdir, rename, rm, stat } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ListDocument, onlySandbox, type PlanDocument, type PlannedDocument } from './support/documents.js'
import { Project } from './support/project.js'
import { objectsOf } from './support/objects.js'

describe('a folder with a sandbox', () => {
  let project: Project
  let id: string
  beforeEach(async () => {
    project = await Project.create()
    await project.write('agent: shell\nname: web\n')
    await project.ok(['apply', '--yes'])
    await project.inside('echo kept > ~/note')
    const [sandbox] = (await project.json<ListDocument>(['ls'])).sandboxes
    id = sandbox?.id ?? ''
  })
  afterEach(async () => {
    await project.remove()
  })

  async function planIn(folder: string): Promise<PlannedDocument> {
    return onlySandbox(await project.json<PlanDocument>(['plan'], { folder }))
  }

  test('copied must give the copy a sandbox of its own, beside the first', async () => {
    const before = await project.container()
    await cp(project.folder, project.beside('copy'), { recursive: true })
    expect(await planIn('../copy')).toMatchObject({ action: 'create', notes: [] })
    await project.ok(['apply', '--yes'], { folder: '../copy' })
    const { sandboxes } = await project.json<ListDocument>(['ls'])
    expect(sandboxes.map(({ name, workspace }) => [name, workspace])).toEqual([
      ['web', project.folder],
      ['web', project.beside('copy')],
    ])
    expect((await project.docker.getContainer(before.Id).inspect()).State).toEqual(before.State)
    expect((await project.sbx(['exec', '--', 'cat', '/home/agent/note'], { folder: '../copy' })).exitCode).toBe(1)
  })

  test('moved must report the sandbox of the old place as an orphan, and leave it alone', async () => {
    const before = await project.container()
    await rename(project.folder, project.beside('moved'))
    const { action, notes } = await planIn('../moved')
    expect(action).toBe('create')
    expect(notes).toEqual([{ kind: 'orphan', id, name: 'web', workspace: project.folder }])
    const text = await project.ok(['plan'], { folder: '../moved' })
    expect(text).toMatch(/is an orphan/)
    expect(text).toContain(`sbx rm ${id}`)
    await project.ok(['apply', '--yes'], { folder: '../moved' })
    expect((await project.docker.getContainer(before.Id).inspect()).State).toEqual(before.State)
    expect(await project.containers()).toHaveLength(2)
  })

  test('deleted must leave an orphan that prune removes, and its home only with --volumes', async () => {
    await cp(project.folder, project.beside('copy'), { recursive: true })
    await project.ok(['apply', '--yes'], { folder: '../copy' })
    await rm(project.folder, { recursive: true })
    expect((await planIn('../copy')).notes).toEqual([{ kind: 'orphan', id, name: 'web', workspace: project.folder }])

    const before = await objectsOf(project)
    const refused = await project.sbx(['prune'], { folder: '../copy' })
    expect(refused.exitCode).toBe(3)
    expect(refused.stderr).toContain('sbx prune --yes')
    expect(refused.stderr).toContain('Homes stay without --volumes, and logins in any case')
    expect(await objectsOf(project)).toEqual(before)

    await project.ok(['prune', '--yes'], { folder: '../copy' })
    const { sandboxes } = await project.json<ListDocument>(['ls'], { folder: '../copy' })
    expect(sandboxes.map(({ workspace }) => workspace)).toEqual([project.beside('copy')])
    const homes = async (): Promise<readonly string[]> =>
      (await objectsOf(project)).volumes.filter((name) => name.endsWith('-home'))
    expect(await homes()).toHaveLength(2)
    expect((await planIn('../copy')).action).toBe('reuse')

    await project.ok(['prune', '--yes', '--volumes'], { folder: '../copy' })
    expect(await homes()).toHaveLength(1)
    expect(await project.ok(['prune', '--yes', '--volumes'], { folder: '../copy' })).toMatch(/Nothing to remove/)
  })

  test('deleted and cloned again must be restarted, as the plan says, and then work', async () => {
    const before = await project.container()
    const { uid } = await stat(project.folder)
    await rm(project.folder, { recursive: true })
    await mkdir(project.folder)
    await chown(project.folder, uid, uid)
    await project.write('agent: shell\nname: web\n')
    await project.write('fresh', 'README')

    const planned = await planIn('.')
    expect(planned.id).toBe(id)
    expect(planned.action).toBe('update')
    expect(planned.changes.map(({ effect }) => effect)).toEqual(['restart'])
    await project.ok(['apply', '--yes'])
    const after = await project.container()
    expect(after.Id).toBe(before.Id)
    expect(after.State.StartedAt).not.toBe(before.State.StartedAt)
    expect(await project.inside('cat README ~/note; touch made; pwd')).toBe(`freshkept\n${project.folder}`)
    expect((await stat(`${project.folder}/made`)).uid).toBe(uid)
    expect((await planIn('.')).action).toBe('reuse')
  })
})
