import { rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Config, Origins } from '../../src/model/config.js'
import type { ResolvedSession } from '../../src/model/desired.js'
import type { AgentDescriptor } from '../../src/model/template.js'
import { resolveSession, type SessionRequest } from '../../src/resolve/session.js'
import { claude, codes, complaints, fromLine, loadedConfig, machine, resolved, type Machine } from './fixture.js'

type Env = Readonly<Record<string, string>>

/** The session of what a config would apply on this machine. */
async function session(
  { workspace, host }: Machine,
  config: Config,
  env: Env = {},
  rest: Partial<SessionRequest> = {},
): Promise<ResolvedSession> {
  const here = await host(env)
  const origins: Origins = rest.origins ?? {}
  const { recordSpec, containerSpec } = await resolved(loadedConfig(workspace, config, origins), here)
  const resolve = await resolveSession({
    record: recordSpec,
    containerSpec,
    agent: claude,
    host: here,
    command: { agentArgs: [] },
    hostLogin: null,
    isTerminal: false,
    ...rest,
  })
  return resolve(false)
}

test('the agent runs freely in the workspace, with a home, a login and git', async () => {
  const here = machine()
  here.write('home/ada/.gitconfig', '[user]\n\tname = Ada\n\temail = ada@example.com\n')
  expect(await session(here, {}, { TERM: 'xterm', LANG: 'de_DE.UTF-8', SECRET: 'x' })).toEqual({
    argv: ['claude', '--free'],
    workingFolder: here.workspace,
    env: {
      HOME: '/home/agent',
      USER: 'agent',
      LOGNAME: 'agent',
      IS_SANDBOX: '1',
      DISABLE_AUTOUPDATER: '1',
      CLAUDE_CONFIG_DIR: '/home/agent/.claude',
      CLAUDE_LOGIN_DIR: '/run/sbx/login',
      GIT_CONFIG_COUNT: '3',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: here.workspace,
      GIT_CONFIG_KEY_1: 'user.name',
      GIT_CONFIG_VALUE_1: 'Ada',
      GIT_CONFIG_KEY_2: 'user.email',
      GIT_CONFIG_VALUE_2: 'ada@example.com',
    },
  })
})

test('an agent that can say whether it waits is told to where others can look, and nothing else is', async () => {
  const agent: AgentDescriptor = { ...claude, state: { args: ['--say', 'it'] } }
  const here = machine()
  const argv = async (rest: Partial<SessionRequest>) => (await session(here, {}, {}, { agent, ...rest })).argv
  expect(await argv({ isKept: true })).toEqual(['claude', '--say', 'it', '--free'])
  expect(await argv({})).toEqual(['claude', '--free'])
  expect(await argv({ isKept: true, command: { argv: ['bash'] } })).toEqual(['bash'])
})

test.each([
  [['--model', 'opus', 'exec', 'fix it'], 'full', ['x', '--model', 'opus', 'exec', '--auto', 'fix it']],
  [['-p', 'fix it'], 'full', ['x', '-p', 'fix it']],
  [['fix it'], 'full', ['x', '--free', 'fix it']],
  [['exec', 'fix it'], 'ask', ['x', 'exec', 'fix it']],
] as const)('what makes it free stands where the agent wants it: %j, %s', async (agentArgs, autonomy, argv) => {
  const after = { exec: ['--auto'], '-p': [] }
  const agent = { ...claude, command: ['x'], autonomy: { ...claude.autonomy, full: { args: ['--free'], after } } }
  const config = { agent: { name: 'claude', autonomy } }
  expect((await session(machine(), config, {}, { agent, command: { agentArgs } })).argv).toEqual(argv)
})

test('parts of a session hold under their condition, and the config says more than they do', async () => {
  const agent: AgentDescriptor = {
    ...claude,
    session: [
      { when: { env: 'KEY' }, args: ['-c', 'trust={workspace}'], env: { ITS_KEY: '{env:KEY}', OTHER: 'of the part' } },
      { when: { autonomy: 'ask' }, args: ['--careful'], env: {} },
    ],
  }
  const here = machine()
  const without = await session(here, {}, {}, { agent })
  expect(without.argv).toEqual(['claude', '--free'])
  const env = { KEY: 'k', OTHER: 'of the config' }
  const withKey = await session(here, { env, agent: { name: 'claude', autonomy: 'ask' } }, {}, { agent })
  expect(withKey.argv).toEqual(['claude', '-c', `trust=${here.workspace}`, '--careful'])
  expect(withKey.env).toMatchObject({ ITS_KEY: 'k', OTHER: 'of the config' })
  expect((await session(here, { env }, {}, { agent, command: { argv: ['env'] } })).argv).toEqual(['env'])
})

test.each([
  [[], ['claude', '--free', '--model', 'opus']],
  [['--resume'], ['claude', '--free', '--model', 'opus', '--resume']],
  [
    ['-p', 'do it'],
    ['claude', '--free', '--model', 'opus', '-p', 'do it'],
  ],
  [
    ['mcp', 'list'],
    ['claude', '--free', 'mcp', 'list'],
  ],
  [
    ['fix it', '-p'],
    ['claude', '--free', 'fix it', '-p'],
  ],
])('arguments %j', async (agentArgs, argv) => {
  const config: Config = { agent: { name: 'claude', args: ['--model', 'opus'] } }
  expect((await session(machine(), config, {}, { command: { agentArgs } })).argv).toEqual(argv)
})

test('an agent that is to ask has no flag of autonomy', async () => {
  const config: Config = { agent: { name: 'claude', autonomy: 'ask' } }
  expect((await session(machine(), config)).argv).toEqual(['claude'])
})

test('a command of the user runs in the same environment', async () => {
  const here = machine()
  const config: Config = { env: { A: '1' } }
  const agent = await session(here, config)
  const command = await session(here, config, {}, { command: { argv: ['npm', 'test'] } })
  expect(command).toEqual({ ...agent, argv: ['npm', 'test'] })
})

test('a terminal gets a type that images know', async () => {
  const of = async (env: Env) => (await session(machine(), {}, env, { isTerminal: true })).env
  expect(await of({ TERM: 'screen-256color', COLORTERM: 'truecolor', LANG: 'de_DE.UTF-8' })).toMatchObject({
    TERM: 'screen-256color',
    COLORTERM: 'truecolor',
    LANG: 'C.UTF-8',
  })
  expect(await of({ TERM: 'xterm-kitty' })).toMatchObject({ TERM: 'xterm-256color' })
})

test('values come from the host now, the narrower over the wider', async () => {
  const here = machine()
  const first = here.write('first.env', 'A=file1\nB=file1\nC=file1\nD=file1\nE=file1\n')
  const second = here.write('second.env', 'B=file2\nC=file2\nD=file2\nE=file2\n')
  const config: Config = {
    env: { C: 'env-${env:X}', D: 'env', E: 'env', HOME: '/elsewhere', DISABLE_AUTOUPDATER: '0' },
    envFile: { [first]: { optional: false }, [second]: { optional: false } },
    secrets: { D: { env: 'X' }, E: { env: 'X' }, KEY: { file: here.write('key', 'sk-1\n') } },
  }
  const { env } = await session(here, config, { X: 'x' }, { flagEnv: { E: 'flag' } })
  expect(env).toMatchObject({ A: 'file1', B: 'file2', C: 'env-x', D: 'x', E: 'flag', KEY: 'sk-1' })
  expect(env).toMatchObject({ HOME: '/elsewhere', DISABLE_AUTOUPDATER: '0' })
})

test('every missing value is named with its line, and nothing starts', async () => {
  const here = machine()
  const gone = join(here.root, 'gone.env')
  const config: Config = {
    env: { A: '${env:ONE}', OK: '1' },
    envFile: { [gone]: { optional: false }, [`${gone}.maybe`]: { optional: true } },
    secrets: { K: { env: 'TWO' }, F: { file: gone } },
  }
  const origins: Origins = {
    '/env/A': fromLine(3),
    '/envFile': fromLine(5),
    '/secrets/K': fromLine(7),
    '/secrets/F': fromLine(8),
  }
  const problems = await complaints(session(here, config, {}, { origins }))
  expect(problems.map(({ severity, code, at }) => [severity, code, at?.line])).toEqual([
    ['error', 'resolve/missing-file', 5],
    ['error', 'resolve/missing-variable', 3],
    ['error', 'resolve/missing-variable', 7],
    ['error', 'resolve/missing-file', 8],
  ])
})

test('a value given with -e stands in for one that is missing', async () => {
  const { env } = await session(machine(), { env: { A: '${env:ONE}' } }, {}, { flagEnv: { A: 'given' } })
  expect(env.A).toBe('given')
})

test('a value that an earlier call typed is asked for again by the agent, not by a shell', async () => {
  const here = machine()
  const config: Config = { env: { K: 'typed' } }
  const origins: Origins = { '/env/K': { kind: 'flag', flag: '-e' } }
  expect(await codes(session(here, config, {}, { origins }))).toEqual(['resolve/forgotten-flag'])
  const command = { argv: ['bash'] }
  expect((await session(here, config, {}, { origins, command })).env).not.toHaveProperty('K')
  expect((await session(here, config, {}, { origins, flagEnv: { K: 'typed' } })).env.K).toBe('typed')
})

test('a file that has become a link to another since it was granted is not read', async () => {
  const here = machine()
  const path = here.write('home/ada/src/web/.env.sandbox', 'A=1\n')
  const key = here.write('home/ada/src/web/key', 'k')
  const config: Config = { envFile: { [path]: { optional: false } }, secrets: { K: { file: key } } }
  const host = await here.host()
  const { recordSpec: record, containerSpec } = await resolved(loadedConfig(here.workspace, config), host)
  const start = () =>
    resolveSession({
      record,
      containerSpec,
      agent: claude,
      host,
      command: { agentArgs: [] },
      hostLogin: null,
      isTerminal: false,
    })
  expect((await start())(false).env).toMatchObject({ A: '1', K: 'k' })
  const credentials = here.write('home/ada/.aws/credentials', 'aws_secret_access_key = PLANTED\n')
  for (const file of [path, key]) {
    rmSync(file)
    symlinkSync(credentials, file)
  }
  const problems = await complaints(start())
  expect(problems.map(({ code }) => code)).toEqual(['resolve/missing-file', 'resolve/missing-file'])
  expect(problems[0]?.detail).toContain(`now leads to ${credentials}`)
})

test('credentials: none hands over nothing, host a token or an error', async () => {
  const here = machine()
  const none = await session(here, { credentials: 'none' })
  expect(none.env).not.toHaveProperty('CLAUDE_LOGIN_DIR')
  const host = await session(here, { credentials: 'host' }, {}, { hostLogin: 'token' })
  expect(host.env).toMatchObject({ CLAUDE_TOKEN: 'token' })
  expect(host.env).not.toHaveProperty('CLAUDE_LOGIN_DIR')
  expect(await codes(session(here, { credentials: 'host' }))).toEqual(['resolve/no-host-login'])
})

test('git: none keeps the workspace trusted, and settings of the user stay on top', async () => {
  const here = machine()
  const own = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'pull.rebase', GIT_CONFIG_VALUE_0: 'true' }
  const { env } = await session(here, { git: 'none', env: own })
  expect(env).toMatchObject({
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: here.workspace,
    GIT_CONFIG_KEY_1: 'pull.rebase',
    GIT_CONFIG_VALUE_1: 'true',
  })
})

test('a count of git settings is only as long as the settings that are there', async () => {
  const here = machine()
  const own = { GIT_CONFIG_COUNT: '1e99', GIT_CONFIG_KEY_0: 'pull.rebase', GIT_CONFIG_VALUE_0: 'true' }
  const { env } = await session(here, { git: 'none', env: own })
  expect(env).toMatchObject({ GIT_CONFIG_COUNT: '2', GIT_CONFIG_KEY_1: 'pull.rebase' })
  expect(env).not.toHaveProperty('GIT_CONFIG_KEY_2')
})

test('what is for a session with a login is in no other', async () => {
  const here = machine()
  const host = await here.host()
  const { recordSpec: record, containerSpec } = await resolved(loadedConfig(here.workspace, {}), host)
  const part = { when: { login: true }, args: ['--subscription'], env: { WITH_LOGIN: '1' } }
  const resolve = await resolveSession({
    record,
    containerSpec,
    agent: { ...claude, session: [part] },
    host,
    command: { agentArgs: [] },
    hostLogin: null,
    isTerminal: false,
  })
  expect(resolve(true)).toMatchObject({ argv: ['claude', '--subscription', '--free'], env: { WITH_LOGIN: '1' } })
  expect(resolve(false).argv).toEqual(['claude', '--free'])
  expect(resolve(false).env).not.toHaveProperty('WITH_LOGIN')
})
