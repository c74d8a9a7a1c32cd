// `sbx login` with an agent whose login is copied: made once in a sandbox of its own, known in all others, gone everywhere.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loginVolumeName } from '../../src/model/names.js'
import { Begun } from './support/begun.js'
import { expectValid } from './support/documents.js'
import { objectsOf } from './support/objects.js'
import { Project } from './support/project.js'
import { Screen } from './support/screen.js'

const login = '/home/agent/.local/share/opencode/auth.json'

describe('the login of an agent', () => {
  let project: Project
  let volume: string
  beforeAll(async () => {
    project = await Project.create()
    volume = loginVolumeName(project.scope, 'opencode')
    await project.write('agent: opencode\nnetwork: none\n')
  })
  afterAll(async () => {
    await project.remove()
  })

  async function status(): Promise<unknown> {
    const document = await project.json<{ readonly agents: readonly unknown[] }>(['login', '--status', 'opencode'])
    expectValid('login', document)
    return document.agents[0]
  }

  test('must be made in a sandbox that has nothing of the project and leaves nothing but the login', async () => {
    const screen = await Screen.open(project)
    try {
      await screen.enter('$SBX login; echo "code $?"')
      await screen.see(/Select provider/)
      const { Mounts: mounts, Id } = await project.container()
      const [bind, ...more] = mounts.filter(({ Type }) => Type === 'bind')
      expect(more).toEqual([])
      expect(bind?.Source).not.toContain(project.folder)
      const look = ['exec', '--quiet', Id, '--', 'ls', '-A', bind?.Destination ?? '']
      expect(await project.ok(look)).toBe('')
      await screen.type('openrouter')
      await screen.see(/Search: openrouter/)
      await screen.press('Enter')
      await screen.see(/Enter your API key/)
      await screen.enter('made-up-key')
      await screen.see(/Logged in to opencode[^]*code 0/)
    } finally {
      await screen.close()
    }
    expect(await objectsOf(project)).toMatchObject({ containers: [], volumes: [volume] })
    expect(await status()).toMatchObject({ agent: 'opencode', logged_in: true, volume, credentials: 'sandbox' })
    expect(await objectsOf(project)).toMatchObject({ containers: [], volumes: [volume] })
  })

  test('must not wait for a person where there is no terminal', async () => {
    const before = await objectsOf(project)
    const ran = await project.sbx(['login', 'claude'])
    expect(ran).toMatchObject({ exitCode: 1, stdout: '' })
    expect(ran.stderr).toMatch(/login\/no-terminal[^]*ANTHROPIC_API_KEY/)
    expect(await objectsOf(project)).toEqual(before)
  })

  test('that is given up must leave nothing', async () => {
    const screen = await Screen.open(project)
    try {
      await screen.enter('$SBX login claude; echo "code $?"')
      await screen.see(/Paste code/)
      await screen.press('C-c')
      await screen.see(/No login was made[^]*code [1-9]/)
    } finally {
      await screen.close()
    }
    const volumes = [loginVolumeName(project.scope, 'claude'), volume].sort()
    expect(await objectsOf(project)).toMatchObject({ containers: [], volumes })
    expect(await project.json(['logout', 'claude', '--yes'])).toMatchObject({ done: 'removed' })
  })

  test('must be there in a sandbox of a project, alone in the volume', async () => {
    await project.ok(['apply', '--yes'])
    expect(JSON.parse(await project.inside(`cat ${login}`))).toMatchObject({ openrouter: { key: 'made-up-key' } })
    expect((await project.inside('ls -A /run/sbx/login')).split('\n')).toHaveLength(1)
    expect(await project.inside(`find ${login} /run/sbx/login -type f -exec stat -c '%a %U' {} +`)).toBe(
      '600 agent\n600 agent',
    )
  })

  test('that a session changed must be everybody’s when the session is ended from outside', async () => {
    const script = `mv ${login} ~/aside; echo logged out; exec sleep 600`
    const session = new Begun(project, ['exec', '--', 'sh', '-c', script])
    await session.prints(/logged out/)
    await session.interrupt('SIGTERM')
    expect(await status()).toMatchObject({ logged_in: false })
    await project.inside(`mv ~/aside ${login}`)
    expect(await status()).toMatchObject({ logged_in: true })
  })

  test('must not be removed under a sandbox that runs, which is named, nor without a yes', async () => {
    const inUse = await project.sbx(['logout', 'opencode', '--yes'])
    expect(inUse.exitCode).toBe(1)
    const [container] = await project.containers()
    expect(inUse.stderr).toContain(`sbx stop ${container?.Labels['dev.sbx.sandbox'] ?? ''}`)
    await project.ok(['stop'])
    expect((await project.sbx(['logout', 'opencode'])).exitCode).toBe(3)
    expect(await status()).toMatchObject({ logged_in: true })
  })

  test('must be gone everywhere after a logout, with what sandboxes had copied', async () => {
    const document = await project.json(['logout', 'opencode', '--yes'])
    expectValid('logout', document)
    expect(document).toMatchObject({ volume, done: 'emptied' })
    expect(await status()).toMatchObject({ logged_in: false, kinds: [], since: null })
    await project.ok(['apply', '--yes'])
    expect(await project.inside(`cat ${login} 2>&1 || true`)).toContain('No such file')
    await project.ok(['rm', '--volumes'])
    expect(await project.json(['logout', 'opencode', '--yes'])).toMatchObject({ done: 'removed' })
    expect((await objectsOf(project)).volumes).toEqual([])
  })
})
