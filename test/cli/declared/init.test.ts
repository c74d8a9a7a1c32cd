import { readFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { machineWith } from '../../fuzz/support/machine.js'
import { tryCall } from '../../fuzz/support/trial.js'

test('it has a name only where that of the folder is none: work trees and copies are named after theirs', async () => {
  const { env, folder } = await machineWith({})
  for (const [name, said] of [
    ['web', null],
    ['My App', 'name: "my-app"'],
  ] as const) {
    const project = join(folder, name)
    await mkdir(project)
    expect((await tryCall({ env, folder: project, args: ['init'], isFirst: true })).exitCode).toBe(0)
    const text = await readFile(join(project, 'sandbox.yaml'), 'utf8')
    expect(text.split('\n').find((line) => line.startsWith('name:')) ?? null).toBe(said)
  }
})

test('the first file is written where --config says, from the folder of the call, or it is said why not', async () => {
  const { env, folder } = await machineWith({})
  const init = (...args: readonly string[]) => tryCall({ env, folder, args: ['init', ...args], isFirst: true })
  expect((await init('--config', 'own.yaml')).exitCode).toBe(0)
  expect(await readFile(join(folder, 'own.yaml'), 'utf8')).toContain('agent: claude')

  const missing = await init('--config', 'missing/own.yaml')
  expect(missing).toMatchObject({ exitCode: 1, screen: expect.stringContaining('[cli/cannot-write]') as string })
  expect(missing.screen).toMatch(/the folder for it is not\s+there/)
  await mkdir(join(folder, 'taken'))
  expect((await init('--config', 'taken', '--force')).screen).toMatch(/it is\s+a\s+folder/)
})
