// A login is made once for all sandboxes of an agent, and is all that they share.

import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { loginVolumeName } from '../../src/model/names.js'
import { owners, Project } from './support/project.js'

/** As Claude Code writes it. */
function credentials(token: string, expiresAt = Date.now() + 3_600_000): string {
  return JSON.stringify({
    claudeAiOauth: {
      accessToken: token,
      refreshToken: `${token}-refresh`,
      expiresAt,
      scopes: ['user:inference', 'user:profile'],
      subscriptionType: 'max',
    },
  })
}

/** What the agent itself says. */
async function isLoggedIn(project: Project): Promise<boolean> {
  const status = await project.sbx(['exec', '--quiet', '--', 'claude', 'auth', 'status'])
  return (JSON.parse(status.stdout) as { readonly loggedIn: boolean }).loggedIn
}

async function logIn(project: Project): Promise<void> {
  const file = '"${CLAUDE_SECURESTORAGE_CONFIG_DIR:-$CLAUDE_CONFIG_DIR}/.credentials.json"'
  const argv = ['sh', '-c', `umask 077; mkdir -p "$CLAUDE_CONFIG_DIR"; cat > ${file}`]
  await project.ok(['exec', '--', ...argv], { input: credentials('made-up-token') })
}

describe('in credentials mode sandbox', () => {
  let first: Project
  let second: Project
  beforeAll(async () => {
    first = await Project.create()
    second = await Project.create({ scope: first.scope })
    for (const project of [first, second]) {
      await project.write('agent: claude\nnetwork: none\n')
      await project.ok(['apply', '--yes'])
    }
  })
  afterAll(async () => {
    await second.remove()
    await first.remove()
  })

  test('a login made in one sandbox must be there in another of the same agent', async () => {
    expect(await isLoggedIn(first)).toBe(false)
    expect(await isLoggedIn(second)).toBe(false)
    await logIn(first)
    expect(await isLoggedIn(first)).toBe(true)
    expect(await isLoggedIn(second)).toBe(true)
  })

  test('settings and history must not be shared', async () => {
    await first.inside('cd "$CLAUDE_CONFIG_DIR" && echo "{}" > settings.json && echo mine > history.jsonl')
    const shared = await second.inside('ls -A /run/sbx/login "$CLAUDE_CONFIG_DIR"')
    expect(shared.split('\n')).toContain('.credentials.json')
    expect(shared).not.toMatch(/settings|history/)
  })

  test('a login must be there after rm and apply, and after rm of the homes', async () => {
    const { stderr } = await first.sbx(['rm'])
    expect(stderr).toMatch(/The home of (\S+) stays; to remove it: sbx rm --volumes \1\n/)
    expect(stderr).toContain('stays; to remove it: sbx logout claude\n')
    await first.ok(['apply', '--yes'])
    expect(await isLoggedIn(first)).toBe(true)
    await first.ok(['rm', '--volumes'])
    await first.ok(['apply', '--yes'])
    expect(await isLoggedIn(first)).toBe(true)
    expect(await second.inside('ls "$CLAUDE_CONFIG_DIR"')).not.toContain('history')
  })
})

const [, ...otherOwners] = owners

test.each(otherOwners.length === 0 ? [] : [{ others: otherOwners }])(
  'a login must work for one owner after another, and not be taken from a sandbox that runs',
  async ({ others }) => {
    const first = await Project.create()
    const projects = await Promise.all(others.map((owner) => Project.create({ scope: first.scope, owner })))
    try {
      for (const project of [first, ...projects]) await project.write('agent: claude\nnetwork: none\n')
      await first.ok(['apply', '--yes'])
      await logIn(first)
      for (const project of projects) {
        const [running, ...more] = await first.containers()
        expect(more).toEqual([])
        const ran = await project.sbx(['apply', '--yes'])
        expect(ran.exitCode).toBe(1)
        expect(ran.stderr).toContain(`sbx stop ${running?.Labels['dev.sbx.sandbox'] ?? ''}`)
      }
      expect(await isLoggedIn(first)).toBe(true)

      await first.ok(['stop'])
      for (const project of projects) {
        await project.ok(['apply', '--yes'])
        expect(await isLoggedIn(project)).toBe(true)
        await project.ok(['stop'])
      }
    } finally {
      for (const project of projects) await project.remove()
      await first.remove()
    }
  },
)

describe('in credentials mode none', () => {
  let project: Project
  let other: Project
  beforeAll(async () => {
    project = await Project.create()
    other = await Project.create({ scope: project.scope })
    for (const each of [project, other]) await each.write('agent: claude\ncredentials: none\nnetwork: none\n')
    for (const each of [project, other]) await each.ok(['apply', '--yes'])
  })
  afterAll(async () => {
    await other.remove()
    await project.remove()
  })

  test('a login must stay in the sandbox’s own home', async () => {
    await logIn(project)
    expect(await isLoggedIn(project)).toBe(true)
    expect(await isLoggedIn(other)).toBe(false)
    expect(await project.inside('ls -A ~/.claude')).toContain('.credentials.json')
    const volumes = await project.docker.listVolumes()
    expect(volumes.Volumes.map(({ Name }) => Name)).not.toContain(loginVolumeName(project.scope, 'claude'))
  })
})

describe('in credentials mode host', () => {
  let project: Project
  beforeEach(async () => {
    project = await Project.create()
    await project.write('agent: claude\ncredentials: host\nnetwork: none\n')
  })
  afterEach(async () => {
    await project.remove()
  })

  async function writeHostLogin(text: string): Promise<void> {
    const path = join(project.home, '.claude/.credentials.json')
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  }

  test('the host’s token must reach the session’s environment alone, and nothing of the host be mounted', async () => {
    await writeHostLogin(credentials('made-up-host-token'))
    await project.ok(['apply', '--yes', '--allow', 'login'])
    expect(await project.inside('echo "$CLAUDE_CODE_OAUTH_TOKEN"')).toBe('made-up-host-token')
    expect(await isLoggedIn(project)).toBe(true)
    const { Mounts: mounts } = await project.container()
    expect(mounts.filter(({ Type }) => Type === 'bind').map(({ Source }) => Source)).toEqual([project.folder])
    expect(await project.inside('sudo grep -rl made-up-host-token /home /run /etc /tmp /var || true')).toBe('')
  })

  test('the next session must have the token that the host has by then', async () => {
    await writeHostLogin(credentials('made-up-host-token'))
    await project.ok(['apply', '--yes', '--allow', 'login'])
    await writeHostLogin(credentials('made-up-newer-token'))
    expect(await project.inside('echo "$CLAUDE_CODE_OAUTH_TOKEN"')).toBe('made-up-newer-token')
  })

  test('an expired or absent login must be told, and start nothing', async () => {
    const absent = await project.sbx(['run', '--yes', '--allow', 'login', '--', '-p', 'hello'])
    expect(absent.exitCode).toBe(125)
    expect(absent.stderr).toContain('The host is not logged in')
    await writeHostLogin(credentials('made-up-host-token', Date.now() - 1000))
    const expired = await project.sbx(['run', '--yes', '--allow', 'login', '--', '-p', 'hello'])
    expect(expired.exitCode).toBe(125)
    expect(expired.stderr).toMatch(/expired/i)
    expect(await project.containers()).toEqual([])
  })
})

test('the login volume must have the name that a login of docker sandbox run is found under', () => {
  expect(loginVolumeName('', 'claude')).toBe('docker-claude-sandbox-data')
})
