// What sbx asks of the engine, seen by a proxy in front of the real one: a plan only looks, and little is asked.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Project, type Ran } from './support/project.js'
import { startRecordingProxy, type RecordedCall, type RecordingProxy } from './support/recording-proxy.js'

let project: Project
let proxy: RecordingProxy

beforeAll(async () => {
  project = await Project.create()
  proxy = await startRecordingProxy(project.beside('engine.sock'))
})
afterAll(async () => {
  await proxy.close()
  await project.remove()
})

/** Runs sbx through the proxy; gives what it did and what it asked. */
async function recorded(
  args: readonly string[],
): Promise<{ readonly ran: Ran; readonly calls: readonly RecordedCall[] }> {
  const ran = await project.sbx(args, { env: { DOCKER_HOST: proxy.endpoint } })
  const calls = proxy.take()
  expect(calls.filter(({ url }) => /^\/v\d|\/_ping/.test(url))).toEqual([])
  return { ran, calls }
}

async function plan(
  ...flags: readonly string[]
): Promise<{ readonly action: string; readonly calls: readonly RecordedCall[] }> {
  const { ran, calls } = await recorded(['plan', '--json', ...flags])
  const { sandboxes } = JSON.parse(ran.stdout) as { sandboxes: readonly { action: string }[] }
  return { action: sandboxes[0]?.action ?? 'none', calls }
}

function onlyLooks(calls: readonly RecordedCall[]): void {
  expect(calls).not.toEqual([])
  expect(calls.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([])
}

const base = 'agent: shell\nenv: { COLOUR: blue }\n'

describe('a plan must send nothing but GET and HEAD', () => {
  test('of a create', async () => {
    await project.write(base)
    const { action, calls } = await plan()
    expect(action).toBe('create')
    onlyLooks(calls)
    expect(await project.containers()).toEqual([])
  })

  test('of no change', async () => {
    await project.ok(['apply', '--yes'])
    const { action, calls } = await plan()
    expect(action).toBe('reuse')
    onlyLooks(calls)
  })

  test('of an update', async () => {
    await project.write('agent: shell\nenv: { COLOUR: red }\nresources: { memory: 200m }\n')
    const { action, calls } = await plan()
    expect(action).toBe('update')
    onlyLooks(calls)
  })

  test('of a recreate', async () => {
    await project.write(`${base}ports: ["8080"]\n`)
    const { action, calls } = await plan()
    expect(action).toBe('recreate')
    onlyLooks(calls)
    // It is said in words by other code than in JSON, after the same look.
    const asText = await recorded(['plan'])
    expect(asText.ran.exitCode).toBe(0)
    onlyLooks(asText.calls)
  })

  test('of drift', async () => {
    await project.write(base)
    const { Id } = await project.container()
    await project.docker.getContainer(Id).update({ PidsLimit: 77 })
    const { action, calls } = await plan()
    expect(action).toBe('update')
    onlyLooks(calls)
  })

  test('of a start', async () => {
    await project.ok(['stop'])
    const { action, calls } = await plan()
    expect(action).toBe('start')
    onlyLooks(calls)
    // Nobody can come back to one of its sessions, and what that left can be read.
    const { stderr } = await project.sbx(['attach', 'project', 'e1d7'])
    expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(/`sbx logs project e1d7` \S+ is stopped\. To bring it up: sbx apply/)
  })

  test('of an upgrade and of a recreate that is asked for', async () => {
    await project.ok(['apply', '--yes'])
    onlyLooks((await plan('--upgrade')).calls)
    const { action, calls } = await plan('--recreate')
    expect(action).toBe('recreate')
    onlyLooks(calls)
  })
})

describe('what changes nothing must cost little', () => {
  test('an apply without changes at most four calls', async () => {
    await project.ok(['apply', '--yes'])
    const { ran, calls } = await recorded(['apply', '--yes'])
    expect(ran.exitCode).toBe(0)
    onlyLooks(calls)
    expect(calls.length).toBeLessThanOrEqual(4)
  })

  test('ls -q one call, however many sandboxes there are, and ls one command besides in each that runs', async () => {
    const one = await recorded(['ls', '-q'])
    expect(one.ran.stdout.trimEnd().split('\n')).toHaveLength(1)
    expect(one.calls).toHaveLength(1)

    await project.write(`${base}network: none\nprofiles: { second: { env: { A: b } }, third: { env: { A: c } } }\n`)
    for (const profile of ['second', 'third']) await project.ok(['apply', '--yes', '--profile', profile])
    const three = await recorded(['ls', '-q'])
    expect(three.ran.stdout.trimEnd().split('\n')).toHaveLength(3)
    expect(three.calls).toHaveLength(1)
    const full = await recorded(['ls', '--json'])
    expect(JSON.parse(full.ran.stdout).sandboxes).toHaveLength(3)
    expect(full.calls.filter(({ url }) => /\/containers\/json/.test(url))).toHaveLength(1)
    expect(full.calls.filter(({ url }) => /\/containers\/\w+\/exec$/.test(url))).toHaveLength(3)
    expect(full.calls.filter(({ url }) => !/\/containers\/json|\/exec(\/|$)/.test(url))).toEqual([])
  })
})

test('what is created must be told in the body and never in the URL', async () => {
  const { ran, calls } = await recorded(['apply', '--yes', '--recreate'])
  expect(ran.exitCode).toBe(0)
  const creates = calls.filter(({ url }) => /\/(containers|volumes|networks)\/create/.test(url))
  expect(creates.length).toBeGreaterThan(0)
  for (const { url } of creates) expect(url).toMatch(/^\/[a-z]+\/create(\?name=[\w.-]+)?$/)
})
