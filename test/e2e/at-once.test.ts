// Two applies at once end in one container, whoever wins. A look at each kind; test/faults has eight of them fifty times.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Project, type Ran } from './support/project.js'

describe('two applies at once', () => {
  let project: Project
  beforeAll(async () => {
    project = await Project.create()
    await project.write('agent: shell\n')
  })
  afterAll(async () => {
    await project.remove()
  })

  function twice(one: readonly string[] = [], other = one): Promise<readonly Ran[]> {
    return Promise.all([one, other].map((flags) => project.sbx(['apply', '--yes', ...flags])))
  }

  /** One of them has done it; the other as well, or it says who did. */
  function expectTold(both: readonly Ran[], winner: string): void {
    const outputs = both.map(({ stderr }) => stderr).join('\n---\n')
    expect(both.filter(({ exitCode }) => exitCode === 0).length, outputs).toBeGreaterThan(0)
    for (const { exitCode, stderr } of both) {
      expect([0, 1], stderr).toContain(exitCode)
      if (exitCode === 1) expect(stderr).toContain(winner.replace(/^\//, ''))
      expect(stderr).not.toMatch(/a bug in sbx/)
    }
  }

  test('must create one container that works', async () => {
    const both = await twice()
    const container = await project.container()
    expectTold(both, container.Name)
    expect(container.State.Running).toBe(true)
    expect(await project.inside('echo works')).toBe('works')
    expect((await project.sbx(['plan', '--detailed-exitcode'])).exitCode).toBe(0)
  })

  test('must recreate into one container that works', async () => {
    const before = await project.container()
    await project.inside('echo kept > ~/note')
    await project.write('agent: shell\nports: ["3000"]\n')
    const both = await twice()
    const container = await project.container()
    expectTold(both, container.Name)
    expect(container.Id).not.toBe(before.Id)
    expect(await project.inside('cat ~/note')).toBe('kept')
    expect((await project.sbx(['plan', '--detailed-exitcode'])).exitCode).toBe(0)
  })

  test('of two different files must leave the container of one', async () => {
    await project.ok(['rm', '--volumes'])
    await project.write('agent: shell\nname: web\nports: ["3000"]\n', 'one.yaml')
    await project.write('agent: shell\nname: web\nports: ["4000"]\n', 'other.yaml')
    const both = await twice(['--config', 'one.yaml'], ['--config', 'other.yaml'])
    const container = await project.container()
    expectTold(both, container.Name)
    expect(container.State.Running).toBe(true)
    expect(await project.inside('echo works')).toBe('works')
    await project.ok(['apply', '--yes', '--config', 'one.yaml'])
    expect(Object.keys((await project.container()).NetworkSettings.Ports)).toEqual(['3000/tcp'])
    expect((await project.sbx(['plan', '--detailed-exitcode', '--config', 'one.yaml'])).exitCode).toBe(0)
  })
})
