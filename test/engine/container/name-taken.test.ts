// Whoever makes a container under a name of ours chooses what it is of, and that is shown.

import type { ContainerInspectInfo } from 'dockerode'
import { expect, test } from 'vitest'
import type { Client } from '../../../src/engine/connection/client.js'
import { failNameTaken } from '../../../src/engine/container/name-taken.js'
import { DiagnosticError } from '../../../src/model/diagnostic.js'
import { diagnosticText } from '../../../src/ui/diagnostic-text.js'
import { plainStyle } from '../../../src/ui/style.js'

const client = {
  docker: { version: async () => ({ Version: '28.2.2', Components: [{ Name: 'Engine' }] }) },
  call: (_: string, made: Promise<unknown>) => made,
} as unknown as Client

test('the image of a container that has our name is shown with what it has of control characters escaped', async () => {
  const found = {
    ...{ Name: '/sbx-web-3f2a1c-agent-0011aabb', Created: '2026-11-21T19:30:00Z', State: { Status: 'running' } },
    Config: { Image: 'evil\u001b[2J\u202e\nerror: all is well [ok]\r' },
  } as unknown as ContainerInspectInfo
  const error = await failNameTaken(client, found).catch((thrown: unknown) => thrown)
  if (!(error instanceof DiagnosticError)) throw error
  expect(error.diagnostics).toMatchObject([{ code: 'engine/name-taken' }])
  const lines = diagnosticText(error.diagnostics, { style: plainStyle, workingFolder: '/', home: '/root' })
  const text = lines.join('\n')
  expect(text.replaceAll(/\s+/g, ' ')).toContain('evil\\e[2J\\u202e error: all is well [ok] ,')
  expect(text).not.toMatch(/[\u001b\u202e\r]/)
  // None of it can be taken for a line of sbx.
  expect(lines.filter((line) => line.startsWith('error:'))).toHaveLength(1)
  expect(lines.filter((line) => line.trimStart().startsWith('error: all'))).toEqual([])
})
