// What a sandbox can reach, tried from inside.

import { chown, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
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
    await project.inside('mkdir sub && echo inside > sub/made')
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
  test('must be the nine capabilities that sudo, apt and git need, and sudo must work', async () => {
    await apply('agent: shell\nnetwork: none\n')
    const bits = [
      'CHOWN',
      'DAC_OVERRIDE',
      'FOWNER',
      'FSETID',
      'KILL',
      'SETGID',
      'SETUID',
      'NET_BIND_SERVICE',
      'AUDIT_WRITE',
    ]
    const numbers = [0, 1, 3, 4, 5, 6, 7, 10, 29]
    expect(numbers).toHaveLength(bits.length)
    const mask = numbers.reduce((sum, bit) => sum + 2 ** bit, 0)
    const status = await project.inside('sudo grep ^Cap /proc/self/status')
    expect(status).toContain(`CapBnd:\t${mask.toString(16).padStart(16, '0')}`)
    expect(status).toContain(`CapEff:\t${mask.toString(16).padStart(16, '0')}`)
    const own = await project.inside('grep -E "^Cap(Eff|Prm|Amb|Bnd)" /proc/self/status')
    expect(own).toMatch(/CapPrm:\t0{16}\nCapEff:\t0{16}\n/)
    expect(own).toMatch(/CapAmb:\t0{16}$/)
    expect(await project.inside('sudo id -u')).toBe('0')
    const { HostConfig: host } = await project.container()
    expect(host).toMatchObject({ Privileged: false, CapDrop: ['ALL'], RestartPolicy: { Name: 'no' } })
    expect([...(host.CapAdd ?? [])].sort()).toEqual([...bits].sort())
  })

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

describe('mounts', () => {
  test('must be at their targets, and those to read must not be written', async () => {
    for (const name of ['data', 'models']) await mkdir(project.beside(name), { mode: 0o777 })
    await writeFile(project.beside('data/in'), 'from the host')
    await apply(
      `agent: shell
network: none
mounts:
  - ${project.beside('data')}:/data:ro
  - { source: ${project.beside('models')}, target: /models, readonly: false, why: results go here }
`,
      '--allow',
      'mount:/data',
      '--allow',
      'mount:/models',
    )
    expect(await project.inside('cat /data/in')).toBe('from the host')
    expect(await project.inside('sudo touch /data/out /data/in 2>&1 || true')).toMatch(/Read-only file system/)
    expect(await project.inside('sudo mount -o remount,rw /data 2>&1 || true')).toMatch(/denied|permitted/)
    await project.inside('sudo sh -c "echo inside > /models/out"')
    expect(await readFile(project.beside('models/out'), 'utf8')).toBe('inside\n')
  })
})
