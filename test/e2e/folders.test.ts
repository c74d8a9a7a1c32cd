// The workspace folder is copied, cloned anew, deleted or moved while its sandbox is there.

import { chown, cp, mkdir, rename, rm, stat } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ListDocument, onlySandbox, type PlanDocument, type PlannedDocument } from './support/documents.js'
import { Project } from './support/project.js'
import { objectsOf } from './support/objects.js'

// One after the other: what a test leaves is what the next begins with.
describe('a folder with a sandbox', () => {
  const file = 'agent: shell\nname: web\nnetwork: none\n'
  let project: Project
  let id: string
  let containerId: string
  beforeAll(async () => {
    project = await Project.create()
    await project.write(file)
    await project.ok(['apply', '--yes'])
    await project.inside('echo kept > ~/note')
    const { Id, Config } = await project.container()
    id = Config.Labels['dev.sbx.sandbox'] ?? ''
    containerId = Id
  })
  afterAll(async () => {
    await project.remove()
  })

  async function planIn(folder: string): Promise<PlannedDocument> {
    return onlySandbox(await project.json<PlanDocument>(['plan'], { folder }))
  }

  const stateOf = async (container: string) => (await project.docker.getContainer(container).inspect()).State

  test('copied must give the copy a sandbox of its own, beside the first', async () => {
    const before = await stateOf(containerId)
    await cp(project.folder, project.beside('copy'), { recursive: true })
    expect(await planIn('../copy')).toMatchObject({ action: 'create', notes: [] })
    await project.ok(['apply', '--yes'], { folder: '../copy' })
    const { sandboxes } = await project.json<ListDocument>(['ls'])
    expect(sandboxes.map(({ name, workspace }) => [name, workspace])).toEqual([
      ['web', project.folder],
      ['web', project.beside('copy')],
    ])
    expect(await stateOf(containerId)).toEqual(before)
    expect((await project.sbx(['exec', '--', 'cat', '/home/agent/note'], { folder: '../copy' })).exitCode).toBe(1)
  })

  test('deleted and cloned again must be restarted, as the plan says, and then work', async () => {
    const before = await stateOf(containerId)
    const { uid } = await stat(project.folder)
    await rm(project.folder, { recursive: true })
    await mkdir(project.folder)
    await chown(project.folder, uid, uid)
    await project.write(file)
    await project.write('fresh', 'README')

    const planned = await planIn('.')
    expect(planned.id).toBe(id)
    expect(planned.action).toBe('update')
    expect(planned.changes.map(({ effect }) => effect)).toEqual(['restart'])
    await project.ok(['apply', '--yes'])
    const after = await stateOf(containerId)
    expect(after.Running).toBe(true)
    expect(after.StartedAt).not.toBe(before.StartedAt)
    expect(await project.inside('cat README ~/note; touch made; pwd')).toBe(`freshkept\n${project.folder}`)
    expect((await stat(`${project.folder}/made`)).uid).toBe(uid)
    expect((await planIn('.')).action).toBe('reuse')
  })

  test('deleted must leave an orphan that prune removes, and its home only with --volumes', async () => {
    await rm(project.folder, { recursive: true })
    expect((await planIn('../copy')).notes).toEqual([{ kind: 'orphan', id, name: 'web', workspace: project.folder }])

    const before = await objectsOf(project)
    const refused = await project.sbx(['prune'], { folder: '../copy' })
    expect(refused.exitCode).toBe(3)
    expect(refused.stderr).toContain('sbx prune --yes')
    expect(refused.stderr).toContain('Homes and clones stay without --volumes, and logins in any case')
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

  test('moved must report the sandbox of the old place, and leave it alone', async () => {
    const { Id, Config, State: before } = await project.container()
    const old = Config.Labels['dev.sbx.sandbox'] ?? ''
    await rename(project.beside('copy'), project.beside('moved'))
    const { action, notes } = await planIn('../moved')
    expect(action).toBe('create')
    expect(notes).toEqual([{ kind: 'moved_from', id: old, name: 'web', workspace: project.beside('copy') }])
    const text = await project.ok(['plan'], { folder: '../moved' })
    expect(text).toMatch(/is the sandbox of this folder/)
    expect(text).toContain(`sbx rm ${old}`)
    // It goes on with the folder that it has, into which the engine cannot look any more.
    expect(await project.ok(['exec', old, '--', 'echo', 'at work'], { folder: '../moved' })).toBe('at work\n')
    await project.ok(['apply', '--yes'], { folder: '../moved' })
    expect(await stateOf(Id)).toEqual(before)
    expect(await project.containers()).toHaveLength(2)
  })
})
