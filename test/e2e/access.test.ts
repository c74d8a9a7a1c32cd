// What a sandbox can reach, tried from inside.

import { chown, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Project } from './support/project.js'

let project: Project
beforeEach(async () => {
  project = await Project.create()
})
afterEach(async () => {
  await project.remove()
})

async function apply(file: string, ...flags: readonly string[]): Promise<void> {
  await project.write(file)
  await project.ok(['apply', '--yes', '--discard', ...flags])
}

describe('the workspace', () => {
  test('must be at its own path, writable, or only readable where the file says so', async () => {
    await apply('agent: shell\nnetwork: none\n')
    const made = await project.inside('mkdir sub && echo inside > sub/made; ls /sys/class/net; wc -l </proc/net/route')
    // No interface but that to itself, and no way to anywhere.
    expect(made).toBe('lo\n1')
    expect(await readFile(join(project.folder, 'sub/made'), 'utf8')).toBe('inside\n')
    expect((await stat(join(project.folder, 'sub/made'))).uid).toBe((await stat(project.folder)).uid)
    expect(await project.ok(['exec', '--quiet', '--', 'pwd'])).toBe(`${project.folder}\n`)

    await apply('agent: shell\nnetwork: none\nworkspace: { readonly: true }\n')
    expect(await project.inside('cat sub/made')).toBe('inside')
    expect(await project.inside('touch sub/other || sudo touch sub/other || echo refused')).toContain('refused')
    await expect(stat(join(project.folder, 'sub/other'))).rejects.toThrow('ENOENT')
  })
})

describe('what a sandbox is allowed', () => {
  test('must be no more than it started with, where the file says that there is no sudo', async () => {
    await chown(project.folder, 4321, 4321)
    await apply('agent: shell\nnetwork: none\nsudo: false\n')
    const tried = await project.inside(
      'id -u; sudo -n id -u 2>&1; grep -E "^(NoNewPrivs|CapEff)" /proc/self/status; true',
    )
    expect(tried).toMatch(/^4321\n.*no new privileges/)
    expect(tried).not.toMatch(/^0$/m)
    expect(tried).toMatch(/CapEff:\t0{16}\nNoNewPrivs:\t1$/)
    const { HostConfig: host } = await project.container()
    expect(host.SecurityOpt).toEqual(['no-new-privileges'])

    await project.write('agent: shell\nisolation: { runtime: none-of-that-name }\n')
    const refused = await project.sbx(['plan'])
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('[engine/no-runtime]') })
  })

  test('must be the engine’s socket without sudo, where it was granted', async () => {
    await project.write('agent: shell\nnetwork: none\nsocket: host\n')
    const refused = await project.sbx(['apply', '--yes'])
    expect(refused.exitCode).toBe(3)
    expect(await project.containers()).toEqual([])
    await project.ok(['apply', '--yes', '--allow', 'socket'])
    const version = await project.inside('curl -sS --fail --unix-socket /var/run/docker.sock http://engine/version')
    expect(JSON.parse(version)).toHaveProperty('ApiVersion')
    await apply('agent: shell\nnetwork: none\n')
    expect(await project.inside('ls /var/run/docker.sock 2>&1 || true')).toContain('No such file')
  })
})
