// From a file to a sandbox and back, on a real engine: what is created, what stays, what goes.

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Project } from './support/project.js'

const own = 'agent: { name: shell, files: { ~/notes/team.md: ./team.md } }\nworkspace: { own: [node_modules] }\n'

describe('a sandbox from its first plan to its removal', () => {
  let project: Project
  beforeAll(async () => {
    project = await Project.create()
    await project.write('of the team', 'team.md')
    await project.write(`${own}env: { GREETING: hello }\nresources: { memory: 256m }\n`)
  })
  afterAll(async () => {
    await project.remove()
  })

  test('plan must make nothing', async () => {
    const plan = await project.json<{ summary: { create: number } }>(['plan'])
    expect(plan.summary.create).toBe(1)
    expect(await project.containers()).toEqual([])
  })

  test('apply must create what the plan said, and the next plan must be empty', async () => {
    await project.ok(['apply', '--yes'])
    expect((await project.container()).State.Running).toBe(true)
    const ran = await project.sbx(['plan', '--detailed-exitcode'])
    expect(ran.stdout.trimEnd().split('\n')).toHaveLength(2)
    expect(ran.exitCode).toBe(0)
  })

  test('run must give the command’s output and exit code, in the workspace, as agent', async () => {
    const touched = 'touch made node_modules/installed'
    const script = `echo "$GREETING $(id -un) $PWD $(cat ~/notes/team.md)"; ${touched}; exit 7`
    const ran = await project.sbx(['run', '--', '-c', script])
    expect(ran).toMatchObject({ exitCode: 7, stdout: `hello agent ${project.folder} of the team\n` })
    const { uid } = await stat(project.folder)
    expect((await stat(join(project.folder, 'made'))).uid).toBe(uid)
    // What is the sandbox's own lies on a folder of this machine, which was made for it.
    expect((await stat(join(project.folder, 'node_modules'))).uid).toBe(uid)
    expect(await readdir(join(project.folder, 'node_modules'))).toEqual([])
  })

  test('limits must change in place and env without touching the container', async () => {
    const before = await project.container()
    await project.write(`${own}env: { GREETING: hi }\nresources: { memory: 300m, pids: 100 }\n`)
    await project.ok(['apply', '--yes'])
    const after = await project.container()
    expect(after.Id).toBe(before.Id)
    expect(after.State.StartedAt).toBe(before.State.StartedAt)
    expect(after.HostConfig.Memory).toBe(300 * 1024 * 1024)
    expect(after.HostConfig.PidsLimit).toBe(100)
    expect(await project.inside('echo $GREETING')).toBe('hi')
  })

  test('rm must keep the home and what is its own, and the next apply must find them', async () => {
    await project.inside('echo kept > ~/note')
    await project.ok(['rm'])
    expect(await project.containers()).toEqual([])
    await project.ok(['apply', '--yes'])
    expect(await project.inside('cat ~/note; ls node_modules')).toBe('kept\ninstalled')
    await project.ok(['rm', '--volumes'])
    const filters = JSON.stringify({ label: [`dev.sbx.scope=${project.scope}`] })
    expect((await project.docker.listVolumes({ filters: filters as never })).Volumes).toEqual([])
  })
})
