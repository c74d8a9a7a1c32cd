// The flags of a call, written into the file so that they need not be given again.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Project } from './support/project.js'

let project: Project
beforeAll(async () => {
  project = await Project.create()
})
afterAll(async () => {
  await project.remove()
})

const fileText = (): Promise<string> => readFile(join(project.folder, 'sandbox.yaml'), 'utf8')

test('run --save must write the file and keep what is in it, and the next run must need no flags', async () => {
  await project.write('agent: shell # small\n')
  const flags = ['-e', 'WORD=saved', '--credentials', 'none', '--save']
  expect(await project.ok(['run', ...flags, '--', '-c', 'echo $WORD'])).toBe('saved\n')
  expect(await fileText()).toBe('agent: shell # small\ncredentials: none\nenv:\n  WORD: saved\n')
  expect(await project.ok(['run', '--', '-c', 'echo $WORD'])).toBe('saved\n')
  expect((await project.sbx(['plan', '--detailed-exitcode'])).exitCode).toBe(0)
})
