// No engine: told as that, and what needs none works all the same.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectValid } from './support/documents.js'
import { Project } from './support/project.js'

describe('where no engine answers', () => {
  let project: Project
  let env: Record<string, string>
  beforeAll(async () => {
    project = await Project.create()
    await project.write('agent: shell\n')
    env = { DOCKER_HOST: `unix://${project.beside('dead.sock')}` }
  })
  afterAll(async () => {
    await project.remove()
  })

  test.each([['plan'], ['apply', '--yes'], ['ls'], ['inspect'], ['stop'], ['rm'], ['prune', '--yes']])(
    '%s must say which engine cannot be reached, and exit 69',
    async (...args) => {
      const ran = await project.sbx(args, { env })
      expect(ran).toMatchObject({ exitCode: 69, stdout: '' })
      expect(ran.stderr).toMatch(/cannot reach the container engine/i)
      expect(ran.stderr).toContain(`At ${env['DOCKER_HOST'] ?? ''}`)
      expect(ran.stderr).not.toMatch(/ENOENT|^\s+at /m)
    },
  )

  test.each([['run'], ['exec', '--', 'true'], ['shell']])(
    '%s must say it too, and exit 125: 69 could be the command’s own',
    async (...args) => {
      const ran = await project.sbx(args, { env })
      expect(ran).toMatchObject({ exitCode: 125, stdout: '' })
      expect(ran.stderr).toMatch(/cannot reach the container engine/i)
    },
  )

  test('--json must say it as a document', async () => {
    const ran = await project.sbx(['plan', '--json'], { env })
    expect(ran.exitCode).toBe(69)
    const document: unknown = JSON.parse(ran.stdout)
    expectValid('errors', document)
    expect(document).toMatchObject({ errored: true, diagnostics: [{ code: 'engine/unreachable' }] })
  })

  test('validate, schema and init must need no engine', async () => {
    expect(await project.ok(['validate'], { env })).toContain('is valid')
    expectValid('validate', JSON.parse(await project.ok(['validate', '--json'], { env })))
    expect(JSON.parse(await project.ok(['schema'], { env }))).toHaveProperty('properties.agent')
    await project.ok(['init', '--config', project.beside('sandbox.yaml')], { env })
    await project.ok(['validate', '--config', project.beside('sandbox.yaml')], { env })
  })

  test('init must install what the stack of the folder needs and the template of the agent has not', async () => {
    for (const marker of ['package.json', 'Cargo.toml']) await writeFile(join(project.folder, marker), '')
    const setupOf = async (agent: string): Promise<string> => {
      const file = project.beside(`${agent}.yaml`)
      await project.ok(['init', '--agent', agent, '--config', file], { env })
      return (await readFile(file, 'utf8')).match(/apt-get.*/)?.[0] ?? ''
    }
    expect(await setupOf('claude')).toMatch(/recommends cargo$/)
    expect(await setupOf('shell')).toMatch(/recommends nodejs npm cargo$/)
  })
})
