// The user's policy against what a sandbox is to reach.

import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Config, Origins } from '../../src/model/config.js'
import type { Diagnostic } from '../../src/model/diagnostic.js'
import type { Grant } from '../../src/model/grant.js'
import type { Policy } from '../../src/model/policy.js'
import type { ContainerSpec } from '../../src/model/spec.js'
import { appliedGrants } from '../../src/resolve/applied-grants.js'
import { resolveMounts } from '../../src/resolve/mounts.js'
import { checkPolicy, checkStanding, type Standing } from '../../src/resolve/policy.js'
import type { Neighbour } from '../../src/resolve/sources.js'
import { containerSpec } from '../support/examples.js'
import { complaints, fromLine, loadedConfig, machine, resolved } from './fixture.js'

const file = '/home/ada/.config/sbx/policy.yaml'

function policy(deny: readonly string[], allow: readonly string[] = [], over: Partial<Policy> = {}): Policy {
  const rules = (patterns: readonly string[]) =>
    patterns.map((pattern, index) => ({ pattern, at: { file, line: index + 1, column: 3 } }))
  return { file, deny: rules(deny), allow: rules(allow), ...over }
}

async function denied(
  of: Policy,
  config: Config,
  more: {
    readonly origins?: Origins
    readonly grants?: readonly Grant[]
    readonly others?: readonly Neighbour[]
    readonly standing?: Standing
  } = {},
): Promise<readonly Diagnostic[]> {
  const { workspace, host } = machine()
  const desired = await resolved(loadedConfig(workspace, config, more.origins), await host(), { policy: of })
  const check = async (): Promise<void> => {
    await Promise.resolve()
    checkPolicy(desired, [...desired.grants, ...(more.grants ?? [])], more.others ?? [], more.standing)
  }
  return check().then(
    () => [],
    () => complaints(check()),
  )
}

test('what is denied is told with both places, all of it at once', async () => {
  const origins = { '/socket': fromLine(4), '/env/K': { kind: 'flag', flag: '-e' } as const }
  const told = await denied(
    policy(['socket', 'env:AWS_*']),
    { socket: 'host', env: { K: '${env:AWS_KEY}' } },
    { origins },
  )
  expect(told).toMatchObject([
    { code: 'policy/denied', at: fromLine(4).at, detail: expect.stringContaining(`socket in ${file}:1`) as string },
    { code: 'policy/denied', detail: expect.stringMatching(/env:AWS_\* in .*:2.*given with -e/) as string },
  ])
})

test.each<[string, Config, boolean]>([
  ['network', {}, true],
  ['network', { network: 'none' }, false],
  ['sudo', {}, true],
  ['write', {}, true],
  ['write', { workspace: { readonly: true } }, false],
  ['host-files', {}, true],
  ['networks', { networks: { web_default: true } }, true],
  ['networks:web_*', { networks: { web_default: true } }, true],
  ['networks:db', { networks: { web_default: true } }, false],
  ['isolation:container', {}, true],
  ['isolation:runsc', {}, false],
  ['socket', {}, false],
])('%s denies a sandbox of %j: %s', async (pattern, config, isDenied) => {
  expect((await denied(policy([pattern]), config)).length).toBe(isDenied ? 1 : 0)
})

test('a policy that denies the open network allows a limited one', async () => {
  const grants = [{ key: 'network', value: 'limited', summary: 'a limited network' }]
  expect(await denied(policy(['network']), { network: 'none' }, { grants })).toEqual([])
})

test('what is denied is so although it is allowed', async () => {
  expect(await denied(policy(['socket'], ['socket']), { socket: 'host' })).toMatchObject([{ code: 'policy/denied' }])
  expect(await denied(policy([], ['socket']), { socket: 'host' })).toEqual([])
})

test('a policy where a sandbox can write is none', async () => {
  const neighbour: Neighbour = {
    sandbox: { displayName: 'dotfiles' },
    spec: { workspace: { path: '/home/ada', readonly: false }, mounts: {} },
  }
  const told = await denied(policy([]), {}, { others: [neighbour] })
  expect(told).toMatchObject([{ code: 'policy/in-reach', detail: expect.stringContaining('dotfiles') as string }])
  const { workspace, host } = machine()
  const own = policy([], [], { file: join(workspace, 'policy.yaml') })
  const desired = await resolved(loadedConfig(workspace, {}), await host(), { policy: own })
  expect(() => checkPolicy(desired, [], [])).toThrow('policy/in-reach')
})

const mode = (readonly: boolean): string => (readonly ? 'reading' : 'writing')

test.each<[allow: string, source: string, readonly: boolean, why: string | null]>([
  ['mount:HOME/.ssh', 'HOME/.ssh', false, null],
  ['mount:HOME/.ssh', 'HOME/.ssh/id', true, null],
  ['mount:HOME/.ssh:ro', 'HOME/.ssh', false, 'your keys'],
  ['mount:HOME/.ssh/id', 'HOME/.ssh', true, 'your keys'],
  ['mount', 'HOME/.ssh', true, 'your keys'],
  ['mount:HOME', 'HOME/.ssh', true, 'your keys'],
  ['mount:HOME/*', 'HOME/.ssh', true, 'your keys'],
  ['mount:/', '/', true, 'system folder'],
  ['mount:/etc', '/etc', true, null],
  ['mount:HOME', 'HOME', true, null],
  ['mount:HOME', 'HOME', false, 'no policy allows more than to read it'],
  ['mount:HOME/.config', 'HOME/.config', false, 'no policy allows more than to read it'],
  ['mount:HOME/.config/sbx', 'HOME/.config/sbx', true, 'sbx itself'],
  ['mount:HOME/.local/state/sbx', 'HOME/.local/state/sbx/approvals', true, 'sbx itself'],
  ['mount:HOME/.docker', 'HOME/.docker', true, null],
])('%s and a mount of %s', async (allow, source, readonly, why) => {
  const { home, workspace, folder, write, host } = machine()
  for (const name of ['.config/sbx', '.local/state/sbx/approvals', '.docker']) folder(`home/ada/${name}`)
  write('home/ada/.ssh/id', 'key')
  const put = (path: string): string => path.replace('HOME', home)
  const config = { mounts: { '/data': { source: put(source), readonly } } }
  const { problems } = await resolveMounts(config, {}, workspace, await host(), policy([], [put(allow)]))
  expect(problems.map(({ detail }) => detail ?? mode(readonly))).toEqual(
    why === null ? [] : [expect.stringContaining(why) as string],
  )
})

test('a link to what is protected is not what the policy names', async () => {
  const { home, workspace, host } = machine()
  mkdirSync(join(home, '.ssh'))
  symlinkSync(join(home, '.ssh'), join(home, 'datasets'))
  const config = { mounts: { '/data': { source: join(home, 'datasets'), readonly: true } } }
  const { problems } = await resolveMounts(config, {}, workspace, await host(), policy([], [`mount:${home}/datasets`]))
  expect(problems).toMatchObject([{ code: 'resolve/mount-refused' }])
})

test.each(['host:*.anthropic.example', 'host', 'host:api.anthropic.example:443'])(
  '%s denies a host that only the agent asks for',
  async (pattern) => {
    const { workspace, host } = machine()
    const image = { reference: 'localhost/sbx-proxy:1', recipe: '1', movable: false, steps: [] }
    const proxy = { agentHosts: ['api.anthropic.example:443', 'log.example:443'], image }
    const loaded = loadedConfig(workspace, { network: { allow: {} } }, { '/network': fromLine(4) })
    const desired = await resolved(loaded, await host(), { policy: policy([pattern]), proxy })
    const check = async (): Promise<void> => Promise.resolve().then(() => checkPolicy(desired, desired.grants, []))
    const told = await complaints(check())
    expect(told[0]).toMatchObject({ code: 'policy/denied', at: fromLine(4).at })
    expect(told[0]?.detail).toContain('host:api.anthropic.example:443 is denied by host')
    expect(told.length).toBe(pattern === 'host' ? 2 : 1)
  },
)

describe('what a sandbox has that is there already', () => {
  const sandbox = { id: 'web-3f2a1c', displayName: 'web', agent: 'claude' }
  const told = (of: Policy, spec: Partial<ContainerSpec>, grants: Readonly<Record<string, string>> = {}) => {
    const applied = appliedGrants(
      { sandbox, spec: { ...containerSpec, ...spec }, record: { grants } },
      { home: '/home/ada', agentHosts: [] },
    )
    const check = async (): Promise<void> =>
      Promise.resolve().then(() => {
        checkStanding(of, { sandbox, grants: applied })
      })
    return check().then(
      () => [],
      () => complaints(check()),
    )
  }

  test.each<[string, Partial<ContainerSpec>, Readonly<Record<string, string>>]>([
    ['mount:/a', {}, {}],
    ['socket', { socket: 'host' }, {}],
    ['network', {}, {}],
    ['sudo', {}, {}],
    ['networks:web_*', { networks: { web_default: true } }, {}],
    ['env:AWS_*', {}, { 'env:AWS_KEY': 'AWS_KEY' }],
    ['env:AWS_*', {}, { 'secret:KEY': 'env:AWS_KEY' }],
    ['file:/home/ada/.env', {}, { 'env-file:.env': '/home/ada/.env' }],
    ['host:*.example', { network: 'limited' }, { 'host:a.example:443': 'host:a.example:443' }],
  ])('is refused to a session by %s', async (pattern, spec, grants) => {
    expect(await told(policy([pattern]), spec, grants)).toMatchObject([
      { code: 'policy/denied', at: { file, line: 1 } },
    ])
  })

  test('and what it has not is not, nor what was approved and is not there', async () => {
    const of = policy(['network', 'socket', 'mount:/b', 'sudo', 'isolation:runsc'])
    expect(await told(of, { network: 'limited', sudo: false }, { socket: 'host', 'mount:/b': 'rw:/b' })).toEqual([])
  })

  test('is told with both ways out, in a plan too', async () => {
    const standing = (key: string, value: string) => ({ sandbox, grants: [{ key, value, summary: '' }] })
    const [session] = await told(policy(['mount:/a']), {})
    const line =
      'web still has it: take it out of the file and `sbx apply`, or remove the sandbox with `sbx rm web-3f2a1c`.'
    expect(session?.detail).toContain(line)
    const config = { network: 'open' } as const
    const [plain] = await denied(policy(['network']), config, { origins: { '/network': fromLine(3) } })
    expect(plain).toMatchObject({ at: fromLine(3).at })
    expect(plain?.detail).toMatch(/To be without it, write `network: none` or `network: \{ allow: \[HOST\] \}`\.$/)
    const [held] = await denied(policy(['network']), config, { standing: standing('network', 'open') })
    expect(held).toMatchObject({ at: { file, line: 1 } })
    expect(held?.detail).toContain('web still has it: write `network: none`')
  })
})
