// Whatever ends a session, its login is kept, and its exit code is the one that is given.

import { expect, test } from 'vitest'
import { attach, type PreparedSession } from '../../../src/cli/session/attach.js'
import type { Engine } from '../../../src/model/engine.js'
import type { Command } from '../../../src/model/command.js'
import type { AgentDescriptor, AgentLogin } from '../../../src/model/template.js'
import { claude, machine } from '../../resolve/fixture.js'
import { person } from '../../support/approving.js'
import { containerSpec } from '../../support/examples.js'

const login: AgentLogin = {
  ...{ env: null, files: [{ path: '/home/agent/.agent/login.json', kinds: { key: '/key' } }], command: null },
  ...{ rotates: false, instead: null, host: { cannot: 'It has none.' } },
}

/** The end of a session: its exit code, or what it threw, what was looked for inside, and what was told. */
async function ended(over: Partial<PreparedSession>, exitCode = 7) {
  const { workspace, host } = machine()
  const agent: AgentDescriptor = { ...claude, login, seeds: [] }
  const spec = { ...containerSpec, workspace: { path: workspace, readonly: false } }
  const prepared: PreparedSession = {
    ...{
      agent,
      containerSpec: spec,
      host: await host(),
      credentials: 'sandbox',
      autonomy: 'full',
      hasHostLogin: false,
    },
    resolve: () => ({ argv: ['agent'], workingFolder: workspace, env: {} }),
    ...over,
  }
  const ran: Command[] = []
  const run: Engine['run'] = async (_, command) => {
    ran.push(command)
    return Promise.resolve({ exitCode: 0, stdout: '', stderr: '' })
  }
  const engine = { run, attach: async () => Promise.resolve(exitCode) } as unknown as Engine
  const me = person(null)
  const result = await attach(me.invocation, engine, 'id', prepared, 'agent').catch((error: unknown) => error)
  return { result, looks: ran.length, heard: me.heard() }
}

test('a session that goes well is looked at before and after', async () => {
  expect(await ended({})).toEqual({ result: 7, looks: 2, heard: '' })
})

test('the login is kept where what comes after it fails', async () => {
  const failure = new Error('a value is missing')
  const resolve = () => {
    throw failure
  }
  expect(await ended({ resolve })).toEqual({ result: failure, looks: 2, heard: '' })
})

test('a report that fails is a note, and the exit code stays', async () => {
  const programEnv = () => {
    throw Object.assign(new Error('closed'), { code: 'EACCES' })
  }
  const host = { ...(await machine().host()), programEnv }
  const { result, heard } = await ended({ host })
  expect(result).toBe(7)
  expect(heard).toBe('note: What this session changed in the workspace cannot be told (EACCES).\n')
})
