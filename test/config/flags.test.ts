import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RunFlags } from '../../src/config/flags.js'
import { DiagnosticError } from '../../src/model/diagnostic.js'
import { project } from './project.js'

const none: RunFlags = { env: [], volumes: [], mountDockerSocket: false }

describe('flags', () => {
  test('--clone is a mode of the workspace, and with a name that of one more sandbox', async () => {
    const { load, folder } = await project({
      'work/sandbox.yaml': 'name: web\nagent: claude\nworkspace: { hide: [.env] }\n',
      '.config/sbx/projects/web.yaml': 'env: { BY: personal }\n',
    })
    const plain = await load({ flags: { ...none, clone: true } })
    const workspace = { mode: 'clone', hide: { '.env': true } }
    expect(plain.config).toMatchObject({ name: 'web', workspace, env: { BY: 'personal' } })
    expect(plain.origins['/workspace/mode']).toEqual({ kind: 'flag', flag: '--clone' })
    const named = await load({ flags: { ...none, clone: 'fix-login' } })
    expect(named).toMatchObject({ config: { name: 'web-fix-login', workspace, env: { BY: 'personal' } } })
    expect(named).toMatchObject({ directory: folder, origins: { '/name': { kind: 'flag', flag: '--clone' } } })
    const other = await load({ flags: { ...none, name: 'api', clone: 'x' } })
    expect(other.config.name).toBe('api-x')
    for (const clone of ['-x', 'a/b', 'x'.repeat(60)]) {
      await expect(load({ flags: { ...none, clone } })).rejects.toThrow('config/bad-flag')
    }
  })

  test('lie over the file', async () => {
    const { load, folder, home } = await project({
      'work/sandbox.yaml':
        'agent: { name: claude, args: [x] }\ntemplate: a\nenv: { A: file }\nmounts: ["/x:/data:ro"]\n',
    })
    const { config } = await load({
      flags: {
        env: ['A=1=2', 'B', 'C=${C}', 'D=$${env:D}', 'E='],
        volumes: ['./v:/data', '~/w:~/w:ro', '${env:X}/y:/y'],
        template: './t',
        mountDockerSocket: true,
        credentials: 'host',
        name: 'n',
        agent: 'shell',
      },
    })
    expect(config).toEqual({
      name: 'n',
      agent: { name: 'shell' },
      template: join(folder, 't'),
      env: { A: '1=2', B: '${env:B}', C: '$${C}', D: '$$${env:D}', E: '' },
      mounts: {
        '/data': { source: join(folder, 'v'), readonly: false },
        '/home/agent/w': { source: join(home, 'w'), readonly: true },
        '/y': { source: '${env:X}/y', readonly: false },
      },
      socket: 'host',
      credentials: 'host',
    })
  })

  test('the workspace is another folder, with its own file', async () => {
    const { load, home } = await project({
      'work/sandbox.yaml': 'agent: a\n',
      'other/sandbox.yaml': 'agent: b\n',
      'other/sub/x': '',
    })
    expect(await load({ flags: { ...none, workspace: '../other' } })).toMatchObject({
      config: { agent: { name: 'b' } },
      directory: join(home, 'other'),
    })
    expect(await load({ flags: { ...none, workspace: '~/other/sub' } })).toMatchObject({
      file: join(home, 'other/sandbox.yaml'),
      directory: join(home, 'other/sub'),
    })
  })

  test.for<[string, Partial<RunFlags>, string]>([
    ['a name that no variable has', { env: ['1A=x'] }, '-e: "1A" cannot be used.'],
    ['a control character', { env: ['A=\u001b[31m'] }, '-e: There is a control character U+001B in A.'],
    ['a volume without a target', { volumes: ['/a'] }, '-v: "/a" is not a mount.'],
    ['a mode that there is not', { volumes: ['/a:/b:z'] }, '-v: "z" is not a mode of a mount.'],
    ['a reserved target', { volumes: ['/a:/proc'] }, '-v: Nothing can be mounted at /proc'],
    ['a relative target', { volumes: ['/a:b'] }, '-v: "b" is not an absolute path'],
    ['a reference that is none', { volumes: ['/${X}:/b'] }, '-v: "${X}" cannot be read.'],
    ['one target twice', { volumes: ['/a:/b', '/c:/b'] }, '-v: Two mounts have the target /b.'],
    [
      'an unknown kind of credentials',
      { credentials: 'hots' },
      '--credentials: "hots" is not a kind of credentials. Did you mean `host`?',
    ],
    ['an empty template', { template: '' }, '-t: "" cannot be used.'],
    ['a name with a slash', { name: 'a/b' }, '--name: "a/b" cannot be used.'],
    ['an agent that cannot be one', { agent: 'Claude!' }, 'the agent: "Claude!" cannot be used.'],
    ['a workspace that is not there', { workspace: 'gone' }, 'gone is not a folder.'],
  ])('%s is refused', async ([, flags, words]) => {
    const { problems } = await project({})
    expect((await problems({ flags: { ...none, ...flags } })).map(({ detail }) => detail)).toEqual([
      expect.stringContaining(words),
    ])
  })

  test('all that is wrong with them is told at once, as a wrong use of the command line, and no value is shown', async () => {
    const { load } = await project({})
    const error: unknown = await load({ flags: { ...none, env: ['?=secret', '!=secret'], volumes: ['x'] } }).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(DiagnosticError)
    const { kind, diagnostics } = error as DiagnosticError
    expect(kind).toBe('usage')
    expect(diagnostics).toHaveLength(3)
    expect(JSON.stringify(diagnostics)).not.toContain('secret')
  })
})
