// Networks that are joined, the ssh agent, steps that make a project ready, files that sessions begin with.

import { chmodSync, linkSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Config } from '../../src/model/config.js'
import { readSessionFiles } from '../../src/cli/host/session-files.js'
import { digest } from '../../src/model/names.js'
import { rememberHidden } from '../../src/resolve/hidden-state.js'
import { withInputs } from '../../src/resolve/prepare.js'
import { sshSocket } from '../../src/resolve/ssh.js'
import { builtIn, claude, codes, complaints, fromLine, loadedConfig, machine, resolved } from './fixture.js'

describe('networks', () => {
  test('are in the spec, and each is a grant', async () => {
    const { workspace, host } = machine()
    const origins = { '/networks/web_default': fromLine(4) }
    const loaded = loadedConfig(workspace, { networks: { web_default: true } }, origins)
    const desired = await resolved(loaded, await host())
    expect(desired.containerSpec.networks).toEqual({ web_default: true })
    expect(desired.grants).toMatchObject([
      { key: 'network:web_default', value: 'web_default', subject: 'networks:web_default', origin: fromLine(4) },
    ])
  })

  test.for<readonly [string, Config]>([
    ['beside none', { network: 'none', networks: { db: true } }],
    ['beside a limited one', { network: { allow: {} }, networks: { db: true } }],
    ["of sbx's own", { networks: { 'sbx-open': true } }],
    ['of another sandbox', { networks: { 'sbx-web-3f2a1c-net': true } }],
  ])('cannot be joined %s', async ([, config]) => {
    const { workspace, host } = machine()
    expect(await codes(resolved(loadedConfig(workspace, config), await host()))).toEqual(['resolve/network-clash'])
  })
})

describe('the ssh agent', () => {
  async function socketAt(path: string): Promise<string> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(path, resolve))
    onTestFinished(async () => new Promise((resolve) => server.close(() => resolve())))
    return path
  }

  test('is in the spec without its place, and a grant', async () => {
    const { workspace, host, root } = machine()
    const socket = await socketAt(join(root, 's'))
    const desired = await resolved(loadedConfig(workspace, { ssh: 'agent' }), await host({ SSH_AUTH_SOCK: socket }))
    expect(desired.containerSpec.ssh).toBe('agent')
    expect(JSON.stringify(desired.containerSpec)).not.toContain(socket)
    expect(desired.grants).toMatchObject([{ key: 'ssh', value: 'agent' }])
    symlinkSync(socket, join(root, 'link'))
    expect(sshSocket({ SSH_AUTH_SOCK: join(root, 'link') })).toBe(socket)
  })

  test('has to be there', async () => {
    const { workspace, host, write } = machine()
    const loaded = loadedConfig(workspace, { ssh: 'agent' })
    const file = write('file', '')
    for (const env of [{}, { SSH_AUTH_SOCK: '' }, { SSH_AUTH_SOCK: '/nowhere' }, { SSH_AUTH_SOCK: file }]) {
      expect(await codes(resolved(loaded, await host(env)))).toEqual(['resolve/no-ssh-agent'])
    }
    const none = await resolved(loadedConfig(workspace, { ssh: 'none' }), await host())
    expect(none.containerSpec).not.toHaveProperty('ssh')
  })
})

describe('steps that make the project ready', () => {
  test('have digests of the files that they go by, of what is there', async () => {
    const { workspace, host, write } = machine()
    const lock = write('home/ada/src/web/package-lock.json', 'one')
    const config: Config = {
      prepare: [
        { run: 'npm ci', when: ['package-lock.json', 'gone'] },
        { run: 'make db', when: [] },
      ],
    }
    const first = await resolved(loadedConfig(workspace, config, { '/prepare/1': fromLine(9) }), await host())
    expect(first.prepare).toEqual([
      {
        key: digest('npm ci', 12),
        run: 'npm ci',
        when: { 'package-lock.json': expect.stringMatching(/^[0-9a-f]{64}$/) as unknown, gone: null },
      },
      { key: digest('make db', 12), run: 'make db', when: {} },
    ])
    expect(first.origins['/prepare/make db']).toEqual(fromLine(9))
    writeFileSync(lock, 'two')
    const second = await resolved(loadedConfig(workspace, config), await host())
    expect(second.prepare?.[0]?.when['package-lock.json']).not.toBe(first.prepare?.[0]?.when['package-lock.json'])
    expect(second.containerSpec).toEqual(first.containerSpec)
    expect(second.recordSpec).toEqual(first.recordSpec)
  })

  test('go by no link and no folder', async () => {
    const { workspace, host, folder, root } = machine()
    folder('home/ada/src/web/src')
    writeFileSync(join(root, 'elsewhere'), 'x')
    symlinkSync(join(root, 'elsewhere'), join(workspace, 'link'))
    symlinkSync(root, join(workspace, 'out'))
    const config: Config = { prepare: [{ run: 'x', when: ['src', 'link', 'out/elsewhere'] }] }
    const loaded = loadedConfig(workspace, config, { '/prepare/0': fromLine(5) })
    const found = await complaints(resolved(loaded, await host()))
    expect(found.map(({ code, detail, at }) => [code, detail, at?.line])).toEqual([
      ['resolve/prepare-file', 'src is a folder.', 5],
      ['resolve/prepare-file', 'link is a link, and an agent could point it elsewhere.', 5],
      ['resolve/prepare-file', 'out is a link, and an agent could point it elsewhere.', 5],
    ])
  })

  test('in a clone go by what is in that', async () => {
    const { workspace, host, write } = machine()
    write('home/ada/src/web/go.sum', 'of this machine')
    const config: Config = { workspace: { mode: 'clone' }, prepare: [{ run: 'x', when: ['go.sum'] }] }
    const repository = { root: workspace, head: 'a'.repeat(40), tracked: [] }
    const desired = await resolved(loadedConfig(workspace, config), await host(), { repository })
    expect(desired.prepare?.[0]?.when).toEqual({ 'go.sum': null })
    expect(withInputs(desired, { 'go.sum': 'd' }).prepare?.[0]?.when).toEqual({ 'go.sum': 'd' })
  })
})

describe('files that sessions begin with', () => {
  const at = '/home/agent/.claude/commands'

  test('are in the record by a digest of names, contents and whether they can be run', async () => {
    const { workspace, host, write } = machine()
    const file = write('home/ada/src/web/commands/a.md', 'a')
    const source = join(workspace, 'commands')
    const loaded = loadedConfig(workspace, { agent: { name: 'claude', files: { [at]: source } } })
    const digestNow = async (): Promise<string | undefined> => {
      const { recordSpec, grants } = await resolved(loaded, await host())
      expect(grants).toEqual([])
      expect(recordSpec.files?.[at]?.source).toBe(source)
      return recordSpec.files?.[at]?.digest
    }
    const seen = [await digestNow()]
    writeFileSync(file, 'b')
    seen.push(await digestNow())
    chmodSync(file, 0o755)
    seen.push(await digestNow())
    write('home/ada/src/web/commands/b/c.md', '')
    seen.push(await digestNow())
    expect(new Set(seen).size).toBe(4)
    chmodSync(file, 0o700)
    expect(await digestNow()).toBe(seen[3])
  })

  test('from outside of the project need a yes, also through a link', async () => {
    const { workspace, host, write } = machine()
    const source = write('home/ada/CLAUDE.md', 'x')
    symlinkSync(source, join(workspace, 'CLAUDE.md'))
    for (const written of [source, join(workspace, 'CLAUDE.md')]) {
      const loaded = loadedConfig(workspace, { agent: { name: 'claude', files: { [at]: written } } })
      expect((await resolved(loaded, await host())).grants).toMatchObject([
        { key: `files:${at}`, value: source, subject: `file:${source}` },
      ])
    }
  })

  test('need a yes in a clone, which has of this machine what is committed', async () => {
    const { workspace, host, write } = machine()
    const source = write('home/ada/src/web/.env', 'secret')
    const repository = { root: workspace, head: 'a'.repeat(40), tracked: [] }
    for (const [written, real] of [
      [source],
      [workspace],
      [join(workspace, '.git'), write('home/ada/src/web/.git', '')],
    ]) {
      const config: Config = { agent: { name: 'claude', files: { [at]: written ?? '' } }, workspace: { mode: 'clone' } }
      const { grants } = await resolved(loadedConfig(workspace, config), await host(), { repository })
      const value = real ?? written
      expect(grants).toMatchObject([{ key: `files:${at}`, value, subject: `file:${value}` }])
    }
  })

  test.for(['.env', 'link', 'conf/keys', 'conf/keys/prod', 'conf', '.', 'twin'])(
    'cannot be what is hidden, in it or around it: %s',
    async (path) => {
      const { workspace, host, write } = machine()
      const secret = write('home/ada/src/web/.env', 'secret')
      write('home/ada/src/web/conf/keys/prod', 'secret')
      symlinkSync('.env', join(workspace, 'link'))
      linkSync(secret, join(workspace, 'twin'))
      for (const mode of ['bind', 'clone'] as const) {
        const config: Config = {
          agent: { name: 'claude', files: { [at]: join(workspace, path) } },
          workspace: { mode, hide: { '.env': true, 'conf/keys': true } },
        }
        const repository = { root: workspace, head: 'a'.repeat(40), tracked: [] }
        const found = await complaints(resolved(loadedConfig(workspace, config), await host(), { repository }))
        expect(found.map(({ code, detail }) => [code, detail?.includes('hide')])).toEqual([
          ['resolve/agent-files', true],
        ])
      }
    },
  )

  test('are not what is hidden under another name either, which an agent can give to a folder above', async () => {
    const { workspace, host, write } = machine()
    write('home/ada/src/web/conf/keys/prod', 'secret')
    write('home/ada/src/web/conf/token', 'secret')
    write('home/ada/src/web/plain/token', 'x')
    const hide = { 'conf/keys': 'folder', 'conf/token': 'file' } as const
    const of = async (source: string) => {
      const config: Config = {
        agent: { name: 'claude', files: { [at]: join(workspace, source) } },
        workspace: { hide: { 'conf/keys': true, 'conf/token': true } },
      }
      return resolved(loadedConfig(workspace, config), await host())
    }
    const desired = await of('plain/token')
    const here = await host()
    await rememberHidden(here.stateFolder, desired, null, hide)
    expect((await readSessionFiles(here, desired)).map(({ content }) => content.toString())).toEqual(['x'])
    renameSync(join(workspace, 'conf'), join(workspace, 'other'))
    mkdirSync(join(workspace, 'conf'))
    expect(await codes(of('other/keys/prod'))).toEqual(['resolve/agent-files'])
    expect(await codes(of('other/keys'))).toEqual(['resolve/agent-files'])
    expect(await codes(of('other'))).toEqual(['resolve/agent-files'])
    // Between the plan and the session it begins.
    renameSync(join(workspace, 'plain'), join(workspace, 'away'))
    renameSync(join(workspace, 'other'), join(workspace, 'plain'))
    expect(await codes(readSessionFiles(here, desired))).toEqual(['resolve/agent-files'])
  })

  test.for(['/home/ada/.ssh/id', '/home/ada/nothing', '/etc/passwd'])('cannot be %s', async (path) => {
    const { workspace, host, root, write } = machine()
    write('home/ada/.ssh/id', 'key')
    const source = path.startsWith('/home') ? join(root, path) : path
    const loaded = loadedConfig(workspace, { agent: { name: 'claude', files: { [at]: source } } })
    const [found] = await complaints(resolved(loaded, await host()))
    expect(found).toMatchObject({
      code: 'resolve/agent-files',
      detail: expect.stringMatching(/^\S+ (is|belongs) [^[]+\.$/) as unknown,
    })
  })

  test('have no name that a list of them cannot have', async () => {
    const { workspace, host, write } = machine()
    write('home/ada/src/web/files/a\nb', '')
    const loaded = loadedConfig(workspace, { agent: { name: 'claude', files: { [at]: join(workspace, 'files') } } })
    expect(await codes(resolved(loaded, await host()))).toEqual(['resolve/agent-files'])
  })

  test('have no link among them, and are not without end', async () => {
    const { workspace, host, write, folder } = machine()
    const source = folder('home/ada/src/web/files')
    const loaded = loadedConfig(workspace, { agent: { name: 'claude', files: { [at]: source } } })
    symlinkSync('/etc/passwd', join(source, 'link'))
    expect(await codes(resolved(loaded, await host()))).toEqual(['resolve/agent-files'])
    const large = loadedConfig(workspace, { agent: { name: 'claude', files: { [at]: join(workspace, 'large') } } })
    write('home/ada/src/web/large', 'x'.repeat(16 * 1024 * 1024 + 1))
    expect(await codes(resolved(large, await host()))).toEqual(['resolve/agent-files'])
    const folders = loadedConfig(workspace, { agent: { name: 'claude', files: { [at]: join(workspace, 'folders') } } })
    for (let count = 0; count < 1000; count += 1) folder(`home/ada/src/web/folders/${count}`)
    const [found] = await complaints(resolved(folders, await host()))
    expect(found?.detail).toMatch(/has more than 1000 folders\.$/)
  })

  test("are not put where the agent's login is", async () => {
    const { workspace, host, write } = machine()
    const source = write('home/ada/src/web/x', '')
    const login = { ...claude.login, env: null, files: [{ path: '/home/agent/.claude/login.json', kinds: {} }] }
    const template = builtIn({ ...claude, login: login as NonNullable<typeof claude.login> })
    for (const target of ['/home/agent/.claude/login.json', '/home/agent/.claude']) {
      const loaded = loadedConfig(workspace, { agent: { name: 'claude', files: { [target]: source } } })
      expect(await codes(resolved(loaded, await host(), { template }))).toEqual(['resolve/agent-files'])
    }
  })
})
