import { readFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { machineWith } from '../fuzz/support/machine.js'
import { tryCall } from '../fuzz/support/trial.js'

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
