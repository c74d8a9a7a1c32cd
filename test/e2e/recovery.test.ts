// What ran goes on when a change of it fails or is interrupted.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Project } from './support/project.js'
import { until } from './support/until.js'

let project: Project
beforeEach(async () => {
  project = await Project.create()
  await project.write('agent: shell\nnetwork: none\n')
  await project.ok(['apply', '--yes'])
})
afterEach(async () => {
  await project.remove()
})

async function writeTemplate(dockerfile: string): Promise<void> {
  await mkdir(join(project.folder, 'template'), { recursive: true })
  await project.write(dockerfile, 'template/Dockerfile')
  await project.write('agent: shell\ncommand: [sh]\n', 'template/template.yaml')
  await project.write('agent: shell\nnetwork: none\ntemplate: ./template\n')
}

const apply = ['apply', '--yes', '--discard', '--allow-widen']

test('an apply whose new container does not become ready must put the old one back, running', async () => {
  const before = await project.container()
  // It ends at once, whatever it is told to run.
  await writeTemplate(
    'FROM localhost/sbx-shell\nLABEL dev.sbx.scope=SCOPE\nRUN ln -sf /bin/false /bin/sh\n'.replace(
      'SCOPE',
      project.scope,
    ),
  )
  const ran = await project.sbx(apply)
  expect(ran.exitCode).toBe(1)
  expect(ran.stderr).toMatch(/runs again/)
  const after = await project.container()
  expect(after).toMatchObject({ Id: before.Id, State: { Running: true } })
  await project.write('agent: shell\nnetwork: none\n')
  expect(await project.inside('echo here')).toBe('here')
  expect((await project.sbx(['plan', '--detailed-exitcode'])).exitCode).toBe(0)
})

test('Ctrl-C while an image is built must end with 130 and leave everything as it was', async () => {
  const before = await project.container()
  const volumes = await volumesOfScope()
  await project.write('agent: shell\nnetwork: none\nsetup: [echo begun && sleep 4717]\n')
  const running = project.start(apply)
  await until(
    async () => (await buildContainers()).length > 0,
    () => 'the build never began',
  )
  running.kill('SIGINT')
  const { exitCode, stderr } = await running.ended
  expect(exitCode).toBe(130)
  expect(stderr).toMatch(/interrupted/i)
  expect(await project.container()).toMatchObject({
    Id: before.Id,
    State: { Running: true, StartedAt: before.State.StartedAt },
  })
  expect(await volumesOfScope()).toEqual(volumes)
  await until(
    async () => (await buildContainers()).length === 0,
    () => 'the engine still builds',
  )
})

/** Containers in which the engine builds the image of this test. */
async function buildContainers(): Promise<readonly string[]> {
  const all = await project.docker.listContainers()
  return all.filter(({ Command: command }) => command.includes('sleep 4717')).map(({ Id }) => Id)
}

async function volumesOfScope(): Promise<readonly string[]> {
  const filters = JSON.stringify({ label: [`dev.sbx.scope=${project.scope}`] })
  const { Volumes: volumes } = await project.docker.listVolumes({ filters: filters as never })
  return volumes.map(({ Name }) => Name).sort()
}
