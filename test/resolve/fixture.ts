// A machine of a test's own: a home, a workspace, an environment.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Config, LoadedConfig, Origins } from '../../src/model/config.js'
import type { DesiredSandbox } from '../../src/model/desired.js'
import { DiagnosticError, type Diagnostic } from '../../src/model/diagnostic.js'
import type { AgentDescriptor, ResolvedTemplate } from '../../src/model/template.js'
import { readHost, type Host } from '../../src/resolve/host.js'
import { sandboxIdentity } from '../../src/resolve/identity.js'
import { resolveSandbox, type ResolveRequest } from '../../src/resolve/resolve.js'

export type Machine = {
  readonly root: string
  readonly home: string
  readonly workspace: string
  /** Writes a file at a path relative to the root, and gives its absolute path. */
  readonly write: (path: string, text: string) => string
  readonly folder: (path: string) => string
  readonly host: (env?: Readonly<Record<string, string>>) => Promise<Host>
}

export function machine(): Machine {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sbx-resolve-')))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const folder = (path: string): string => {
    mkdirSync(join(root, path), { recursive: true })
    return join(root, path)
  }
  const write = (path: string, text: string): string => {
    folder(dirname(path))
    writeFileSync(join(root, path), text)
    return join(root, path)
  }
  const home = folder('home/ada')
  const workspace = folder('home/ada/src/web')
  const host = async (env: Readonly<Record<string, string>> = {}): Promise<Host> => ({
    ...(await readHost(
      { HOME: home, PATH: process.env.PATH, GIT_CONFIG_NOSYSTEM: '1', ...env },
      { platform: 'linux', home, hostName: 'box', uid: 1000, gid: 1000, workingFolder: workspace },
    )),
    machineId: 'a-machine',
  })
  return { root, home, workspace, write, folder, host }
}

export function loadedConfig(directory: string, config: Config, origins: Origins = {}): LoadedConfig {
  const file = join(directory, 'sandbox.yaml')
  return {
    config: { agent: { name: 'claude' }, ...config },
    origins,
    file,
    directory,
    files: [file],
    profile: null,
    profiles: [],
  }
}

/** An origin in line `line` of sandbox.yaml. */
export function fromLine(line: number) {
  return { kind: 'file', at: { file: 'sandbox.yaml', line, column: 3 } } as const
}

export const claude: AgentDescriptor = {
  agent: 'claude',
  title: 'Claude Code',
  package: '@anthropic-ai/claude-code',
  version: '2.0.0',
  command: ['claude'],
  oneShot: ['-p', '{prompt}'],
  autonomy: { full: { args: ['--free'], after: {} }, ask: { args: [], after: {} } },
  session: [],
  env: { DISABLE_AUTOUPDATER: '1' },
  config: { folder: '/home/agent/.claude', env: 'CLAUDE_CONFIG_DIR' },
  login: {
    env: 'CLAUDE_LOGIN_DIR',
    files: [{ path: '.credentials.json', kinds: { subscription: '/accessToken' } }],
    command: null,
    rotates: true,
    instead: null,
    host: {
      file: '~/.claude/.credentials.json',
      keychain: null,
      tokenEnv: 'CLAUDE_TOKEN',
      token: '/accessToken',
      expires: '/expiresAt',
    },
  },
  keys: ['ANTHROPIC_API_KEY'],
  hosts: [],
  seeds: [],
  known: [],
}

export const shell: AgentDescriptor = {
  ...claude,
  agent: 'shell',
  title: 'A shell',
  package: null,
  command: ['bash', '-l'],
  oneShot: null,
  autonomy: { full: { args: [], after: {} }, ask: { args: [], after: {} } },
  env: {},
  config: null,
  login: null,
}

export function builtIn(agent: AgentDescriptor = claude): ResolvedTemplate {
  return {
    spec: { kind: 'built-in', name: agent.agent },
    image: { reference: `localhost/sbx-${agent.agent}:1`, recipe: '1', movable: false, steps: [] },
    agent,
  }
}

export async function resolved(
  loaded: LoadedConfig,
  host: Host,
  rest: Partial<ResolveRequest> = {},
): Promise<DesiredSandbox> {
  const identity = await sandboxIdentity(loaded, host)
  return resolveSandbox({ loaded, host, identity, template: builtIn(), ...rest })
}

/** What a call complains of; fails when it does not. */
export async function complaints(call: Promise<unknown>): Promise<readonly Diagnostic[]> {
  try {
    await call
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics
    throw error
  }
  throw new Error('expected a DiagnosticError')
}

export async function codes(call: Promise<unknown>): Promise<readonly string[]> {
  return (await complaints(call)).map(({ code }) => code)
}
