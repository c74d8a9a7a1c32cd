// A sandbox on an engine without root. Inside, the owner of the workspace is root there, and on this machine nobody but
// the user who started the engine. Needs root to be that other user: elsewhere these tests are not among those that run.

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { RootlessEngine } from './support/rootless-engine.js'

describe('on an engine without root', () => {
  let engine: RootlessEngine
  beforeAll(async () => {
    engine = await RootlessEngine.start()
    return () => engine.stop()
  })
  beforeAll(async () => {
    await engine.write('agent: shell\n')
    const [image] = /localhost\/sbx-shell:\w+/.exec(await engine.ok(['plan'])) ?? []
    if (image === undefined) throw new Error('the plan names no image')
    await engine.load(image)
    await engine.ok(['apply', '--yes'])
  })

  test('the test must really have one, and a second apply must find nothing to do', async () => {
    const { SecurityOptions: options } = (await engine.docker.info()) as { readonly SecurityOptions: readonly string[] }
    expect(options).toContain('name=rootless')
    expect(await engine.ok(['plan', '--detailed-exitcode'])).toContain('No changes.')
  })

  test('what the agent writes must belong to the user, and sudo must work', async () => {
    expect(await engine.inside('mkdir sub && echo inside > sub/made && sudo touch by-sudo && sudo id -u')).toBe('0')
    for (const path of ['sub', 'sub/made', 'by-sudo']) {
      expect(await stat(join(engine.workspace, path)), path).toMatchObject({ uid: engine.uid, gid: engine.uid })
    }
  })

  test('a recreate must keep the home, and the socket must be usable without sudo', async () => {
    await engine.inside('echo kept > ~/mark')
    await engine.write('agent: shell\nsocket: host\n')
    const before = await engine.docker.listContainers({ all: true })
    await engine.ok(['apply', '--yes', '--allow', 'socket'])
    const after = await engine.docker.listContainers({ all: true })
    expect([before.length, after.length]).toEqual([1, 1])
    expect(after[0]?.Id).not.toBe(before[0]?.Id)
    expect(await engine.inside('cat ~/mark; ls -ldn ~ | cut -d" " -f3')).toBe('kept\n0')
    const version = await engine.inside('curl -sS --fail --unix-socket /var/run/docker.sock http://engine/version')
    expect(JSON.parse(version)).toHaveProperty('ApiVersion')
  })

  test('a limit that it cannot hold must be refused, not ignored', async () => {
    await engine.write('agent: shell\nsocket: host\nresources: { cpus: 1, memory: 256m }\n')
    for (const flag of [[], ['--recreate']]) {
      const { exitCode, stderr } = await engine.sbx(['apply', '--yes', ...flag])
      expect(exitCode).toBe(1)
      expect(stderr).toContain('engine/limit-unsupported')
      expect(stderr).toMatch(/cpus and memory/)
    }
    expect(await engine.inside('echo still there')).toContain('still there')
  })
})
