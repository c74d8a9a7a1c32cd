// An sbx meets objects of one that came after it: it says so and does nothing, since it could only misread them.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { objectsOf, type Objects } from './support/objects.js'
import { Project } from './support/project.js'

const version = 'dev.sbx.version'
const name = 'dev.sbx.name'

describe('an object that a newer sbx laid out', () => {
  let project: Project
  let before: Objects
  let newer: string
  beforeAll(async () => {
    project = await Project.create()
    await project.write('agent: shell\n')
    await project.ok(['apply', '--yes'])
    const { Config, Image } = await project.container()
    newer = `sbx_${project.scope}-newer-agent-12345678`
    const Labels = { ...Config.Labels, [name]: newer, [version]: '99' }
    await project.docker.createContainer({ name: newer, Image, Labels })
    before = await objectsOf(project)
  })
  afterAll(async () => {
    await project.remove()
  })

  test.each([
    ['plan', 1],
    ['apply --yes', 1],
    ['ls', 1],
    ['stop', 1],
    ['rm', 1],
    ['prune --yes', 1],
    ['run', 125],
    ['exec -- true', 125],
  ])('must make %s exit %i naming its version, and nothing is touched', async (line, exitCode) => {
    const ran = await project.sbx(line.split(' '))
    expect(ran).toMatchObject({ exitCode, stdout: '' })
    expect(ran.stderr).toContain('99')
    expect(ran.stderr).toContain(newer)
    expect(ran.stderr).toMatch(/Upgrade sbx/)
    expect(await objectsOf(project)).toEqual(before)
  })

  test('must be nobody’s business when its name does not vouch for it', async () => {
    await project.docker.getContainer(newer).rename({ name: `${newer}-copy` })
    expect((await project.sbx(['plan', '--detailed-exitcode'])).exitCode).toBe(0)
    expect((await project.ok(['ls', '-q'])).trimEnd().split('\n')).toHaveLength(1)
  })
})
