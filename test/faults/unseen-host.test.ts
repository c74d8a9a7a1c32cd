// An engine that cannot see this machine's files, as one on another machine: a clone needs none of them.

import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Project } from '../e2e/support/project.js'
import { Repository } from '../e2e/support/repository.js'
import { OwnEngine } from './support/own-engine.js'

let made: Project
let engine: OwnEngine
/** On that engine. */
let project: Project
let repository: Repository

const file = 'agent: shell\nname: web\nnetwork: none\n'

beforeAll(async () => {
  made = await Project.create({ owner: process.getuid?.() ?? 0 })
  await rm(made.folder, { recursive: true })
  repository = await Repository.create(made.folder)
  engine = await OwnEngine.create({ hidden: made.beside('.') })
  const env = { ...made.env, DOCKER_HOST: `unix://${engine.socket}` }
  project = Object.create(made, { docker: { value: engine.docker }, env: { value: env } }) as Project
  await project.write(file)
  const [image] = /localhost\/sbx-shell:\w+/.exec(await project.ok(['plan'])) ?? []
  if (image === undefined) throw new Error('the plan names no image')
  await engine.load(image)
})
afterAll(async () => {
  await engine.stop()
  await made.remove()
})

test('it really sees none: a workspace of this machine cannot be mounted there', async () => {
  const { exitCode, stderr } = await project.sbx(['apply', '--yes'])
  expect(exitCode).toBe(1)
  expect(stderr).toContain('source path does not exist')
})

test('a clone is made there, and commits go both ways', async () => {
  await project.write(`${file}git: { name: Ada, email: ada@example.com }\nworkspace: { mode: clone }\n`)
  const first = await repository.commit('one')
  await project.ok(['apply', '--yes'])
  expect(await project.inside('echo two >made && git add made && git commit -qm two && git log --format=%s')).toBe(
    'two\none',
  )
  await project.ok(['fetch'])
  expect(await repository.git('log', '--format=%an %s', 'sbx/web')).toBe('Ada two\nT one')
  expect(await repository.git('rev-parse', 'HEAD', 'sbx/web~1')).toBe(`${first}\n${first}`)
  await repository.git('merge', '--quiet', '--ff-only', 'sbx/web')
  await repository.commit('three')
  await project.ok(['push'])
  expect(await project.inside('git log -1 --format=%s')).toBe('three')
  expect(await project.ok(['plan'])).toContain('No changes.')
})
