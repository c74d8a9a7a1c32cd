// Several sandbox.yaml below one folder: planned from one look at the engine, applied together, each on its own.

import { rm, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ListDocument, PlanDocument } from './support/documents.js'
import { Project } from './support/project.js'
import { startRecordingProxy, type RecordingProxy } from './support/recording-proxy.js'

let project: Project
let proxy: RecordingProxy

beforeAll(async () => {
  project = await Project.create()
  proxy = await startRecordingProxy(project.beside('engine.sock'))
  await project.write(
    'agent: shell\nname: web\nprofiles: { review: { workspace: { readonly: true } } }\n',
    'web/sandbox.yaml',
  )
  await project.write('agent: shell\nname: api\n', 'api/sandbox.yaml')
  await project.write('agnet: shell\n', 'broken/sandbox.yaml')
})
afterAll(async () => {
  await proxy.close()
  await project.remove()
})

type AllDocument = PlanDocument & {
  readonly errored: boolean
  readonly failures: readonly {
    readonly config_path: string
    readonly diagnostics: readonly { readonly code: string }[]
  }[]
}

test('all are planned and applied, and one that is broken keeps none of them from it', async () => {
  const refused = await project.sbx(['apply', '--all'])
  expect(refused.exitCode).toBe(3)
  expect(refused.stderr).toContain('2 to create (api, web)')
  expect(await project.containers()).toEqual([])

  const applied = await project.sbx(['apply', '--all', '--yes'])
  expect(applied.exitCode).toBe(1)
  expect(applied.stdout).toMatch(/Applied: 2 created in [\d.]+s\.\n$/)
  expect(applied.stderr).toContain('config/unknown-key')
  expect((await project.containers()).map(({ State }) => State)).toEqual(['running', 'running'])
})

test('a profile runs beside them, and neither is anything to the other', async () => {
  await project.ok(['apply', '--yes', '--profile', 'review'], { folder: 'web' })
  for (const profile of [[], ['--profile', 'review']]) {
    const { sandboxes } = await project.json<PlanDocument>(['plan', ...profile], { folder: 'web' })
    expect(sandboxes).toMatchObject([{ action: 'reuse', notes: [] }])
  }
})

test('no change costs the engine as many calls for two as for one', async () => {
  const env = { DOCKER_HOST: proxy.endpoint }
  const counts: number[] = []
  for (const folders of [['web'], ['web', 'api']]) {
    const ran = await project.sbx(['plan', '--detailed-exitcode', '--all', ...folders], { env })
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' })
    const calls = proxy.take()
    expect(calls.filter(({ method }) => method !== 'GET')).toEqual([])
    counts.push(calls.length)
  }
  expect(counts[1]).toBe(counts[0])
  expect(counts[0]).toBeLessThanOrEqual(4)
})

test('what changed of one is planned, beside what did not and what failed', async () => {
  await project.write('agent: shell\nname: api\nenv: { A: b }\n', 'api/sandbox.yaml')
  const ran = await project.sbx(['plan', '--all', '--json'])
  expect(ran.exitCode).toBe(1)
  const document = JSON.parse(ran.stdout) as AllDocument
  expect(document.errored).toBe(true)
  expect(document.sandboxes.map(({ name, action }) => [name, action])).toEqual([
    ['api', 'update'],
    ['web', 'reuse'],
  ])
  expect(document.failures.map(({ diagnostics }) => diagnostics[0]?.code)).toEqual(['config/unknown-key'])
})

test('a home moves with its folder, is kept by rm, and goes out as a file', async () => {
  await project.ok(['exec', '--', 'sh', '-c', 'echo kept >~/note'], { folder: 'api' })
  const [api] = (await project.json<ListDocument>(['ls'])).sandboxes.filter(({ name }) => name === 'api')
  const old = api?.id ?? ''
  // Nothing of it is copied while its sandbox is in use by this very folder.
  await rm(`${project.folder}/api`, { recursive: true })
  await project.write('agent: shell\nname: api\n', 'moved/sandbox.yaml')
  const refused = await project.sbx(['adopt', old], { folder: 'moved' })
  expect(refused.exitCode).toBe(3)
  expect(await project.ok(['adopt', '--yes', old], { folder: 'moved' })).toContain(`has the home of ${old}`)
  expect((await project.json<ListDocument>(['ls'])).sandboxes.map(({ id }) => id)).not.toContain(old)

  const kept = await project.json<{ readonly homes: readonly { readonly id: string }[] }>(['ls', '--kept'])
  const [home] = kept.homes
  expect(kept.homes).toHaveLength(1)
  await writeFile(project.beside('taken.tar'), 'mine')
  const id = home?.id ?? ''
  expect((await project.sbx(['rm', '--volumes', '--export', project.beside('taken.tar'), id])).exitCode).toBe(1)
  await project.ok(['rm', '--volumes', '--export', project.beside('home.tar'), id])
  const volumes = (await project.docker.listVolumes()).Volumes.map(({ Name }) => Name)
  expect(volumes.filter((name) => name.includes(id))).toEqual([])
  const { execFileSync } = await import('node:child_process')
  expect(execFileSync('tar', ['-xOf', project.beside('home.tar'), `${id}/note`], { encoding: 'utf8' })).toBe('kept\n')
})

test('a folder without its file names the sandbox that it has all the same', async () => {
  await rm(`${project.folder}/web/sandbox.yaml`)
  const { exitCode, stderr } = await project.sbx(['plan'], { folder: 'web' })
  expect(exitCode).toBe(1)
  expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(
    /stay as they are: web-[0-9a-f]{6} \(`sbx run \w+( --profile \w+)?`\), web-[0-9a-f]{6} \(`sbx run/,
  )
})
