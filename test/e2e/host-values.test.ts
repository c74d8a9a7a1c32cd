// Values of the host: given to a session, kept nowhere, and missed only when a session starts.

import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Begun } from './support/begun.js'
import { onlySandbox, type PlanDocument } from './support/documents.js'
import { nothing, objectsOf } from './support/objects.js'
import { Project } from './support/project.js'

describe('a secret that comes through the host’s environment', () => {
  const secret = `planted-${randomBytes(12).toString('hex')}`
  const env = { API_TOKEN: secret, DATABASE_URL: `postgres://me:${secret}@db/web` }
  let project: Project
  const printed: string[] = []
  beforeAll(async () => {
    project = await Project.create()
    await project.write(
      'agent: shell\n' +
        'env: { DATABASE_URL: "${env:DATABASE_URL}" }\n' +
        'secrets: { API_TOKEN: { env: API_TOKEN } }\n',
    )
  })
  afterAll(async () => {
    await project.remove()
  })

  async function ran(...args: readonly string[]): Promise<void> {
    const { exitCode, stdout, stderr } = await project.sbx(args, { env })
    expect(exitCode, stderr).toBe(0)
    printed.push(stdout, stderr)
  }

  test('must reach the session', async () => {
    await ran('plan', '--debug')
    await ran('apply', '--yes', '--allow-widen', '--debug')
    const session = await project.ok(['run', '--', '-c', 'echo "$API_TOKEN $DATABASE_URL"'], { env })
    expect(session).toBe(`${secret} ${env.DATABASE_URL}\n`)
  })

  test('must be in no argument of a process of this machine while a session is open', async () => {
    const session = new Begun(project, ['run', '--debug', '--', '-c', 'echo "${#API_TOKEN} long"; cat'], env)
    await session.prints(new RegExp(`${String(secret.length)} long`))
    expect(await commandLines()).not.toContain(secret)
    const container = await project.container()
    expect(JSON.stringify(container)).not.toContain(secret)
    for (const exec of container.ExecIDs ?? []) {
      expect(JSON.stringify(await project.docker.getExec(exec).inspect())).not.toContain(secret)
    }
    const { exitCode, stdout, stderr } = await session.end()
    expect(exitCode).toBe(0)
    printed.push(stdout, stderr)
  })

  test('must be in no output, label, inspection or log, nor must its change be hidden', async () => {
    await ran('plan', '--json')
    await ran('ls', '--json')
    await ran('inspect')
    const rotated = { env: { ...env, API_TOKEN: `${secret}-rotated` } }
    const { changes } = onlySandbox(await project.json<PlanDocument>(['plan'], rotated))
    expect(changes).toEqual([expect.objectContaining({ path: '/secrets/API_TOKEN', effect: 'next_session' })])
    printed.push(JSON.stringify(changes), await project.ok(['plan'], rotated))

    const { Id } = await project.container()
    const filters = { label: [`dev.sbx.scope=${project.scope}`] }
    const seen = [
      await project.docker.getContainer(Id).inspect(),
      await project.docker.listContainers({ all: true, filters }),
      await project.docker.listVolumes({ filters: JSON.stringify(filters) as never }),
      await project.docker.listNetworks({ filters }),
      (await project.docker.getContainer(Id).logs({ stdout: true, stderr: true })).toString(),
      printed,
    ]
    expect(JSON.stringify(seen)).not.toContain(secret)
  })

  /** Of all processes that can be seen from here. */
  async function commandLines(): Promise<string> {
    const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
    const lines = await Promise.all(
      processes.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch((error: unknown) => ended(error))),
    )
    return lines.join('\n')
  }

  /** A process that ended between the listing and the look. */
  function ended(error: unknown): string {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return ''
    throw error
  }
})

describe('a host variable without a value', () => {
  let project: Project
  beforeAll(async () => {
    project = await Project.create()
    await project.write(
      'agent: shell\nenv:\n  DATABASE_URL: ${env:SBX_TEST_UNSET}\n  REGION: ${env:SBX_TEST_UNSET:-eu-1}\n',
    )
  })
  afterAll(async () => {
    await project.remove()
  })

  test('must not keep a plan from working, and must be told in it with its line', async () => {
    const { action, notes } = onlySandbox(await project.json<PlanDocument>(['plan']))
    expect(action).toBe('create')
    expect(notes).toEqual([
      expect.objectContaining({
        kind: 'missing_host_value',
        path: '/env/DATABASE_URL',
        source: expect.objectContaining({ line: 3 }) as object,
      }),
    ])
    expect(await project.ok(['plan'])).toMatch(/is missing on this machine\s+\(sandbox\.yaml:3\)/)
    await project.ok(['validate'])
  })

  test('must fail the start of a session with 125, before anything is started', async () => {
    const ran = await project.sbx(['run', '--allow-widen', '--', '-c', 'echo started'])
    expect(ran).toMatchObject({ exitCode: 125, stdout: '' })
    expect(ran.stderr).toContain('sandbox.yaml:3:')
    expect(ran.stderr).toContain('SBX_TEST_UNSET')
    expect(await objectsOf(project)).toEqual(nothing)
  })

  test('must not keep apply, ls, stop and rm from working', async () => {
    await project.ok(['apply', '--yes', '--allow-widen'])
    const ran = await project.sbx(['exec', '--', 'true'])
    expect(ran.exitCode).toBe(125)
    expect(ran.stderr).toContain('SBX_TEST_UNSET')
    const given = { env: { SBX_TEST_UNSET: 'here' } }
    expect(await project.ok(['exec', '-q', '--', 'sh', '-c', 'echo $DATABASE_URL $REGION'], given)).toBe('here here\n')
    expect(await project.ok(['ls', '-q'])).not.toBe('')
    await project.ok(['stop'])
    await project.ok(['rm', '--volumes'])
  })
})
