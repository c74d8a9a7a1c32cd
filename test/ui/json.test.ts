import { readFileSync } from 'node:fs'
import { Ajv, type ValidateFunction } from 'ajv'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Diagnostic } from '../../src/model/diagnostic.js'
import type { JsonValue } from '../../src/model/json.js'
import type { Step } from '../../src/model/plan.js'
import type { KeptSession } from '../../src/model/session.js'
import { errorsJson } from '../../src/ui/errors-json.js'
import { planEvent, stepEvents, summaryEvent } from '../../src/ui/events-json.js'
import { inspectJson } from '../../src/ui/inspect-json.js'
import { jsonText } from '../../src/ui/json-text.js'
import { listJson } from '../../src/ui/list-json.js'
import { planJson } from '../../src/ui/plan-json.js'
import { context, liveContainer, recordSpec, risks, secretDigest, situations } from './situations.js'

function validator(name: string): ValidateFunction {
  const path = new URL(`../../schema/${name}.schema.json`, import.meta.url)
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strict: true, formats: { 'date-time': true } })
  return ajv.compile(JSON.parse(readFileSync(path, 'utf8')) as object)
}

function expectValid(validate: ValidateFunction, document: JsonValue): void {
  validate(JSON.parse(JSON.stringify(document)))
  expect(validate.errors ?? []).toEqual([])
}

describe('the document of a plan', () => {
  const validate = validator('plan')

  test.each(Object.entries(situations))('%s', async (name, planned) => {
    const document = planJson(planned, { ...context, sbxVersion: '0.1.0' })
    expectValid(validate, document)
    const text = jsonText(document)
    expect(text).not.toContain(secretDigest)
    expect(text).not.toContain('CERTIFICATE')
    await expect(`${text}\n`).toMatchFileSnapshot(`golden/${name}.json`)
  })

  test('names a session that goes on without a terminal', () => {
    const session = { command: 'claude', terminal: null, seconds: 750 }
    const sessions = [{ ...session, id: '65a0b1c2d3' }, session]
    const planned = (situations['recreate'] ?? []).map((each) => ({ ...each, risks: { ...risks, sessions } }))
    const document = planJson(planned, { ...context, sbxVersion: '0.1.0' })
    expectValid(validate, document)
    expect(document).toMatchObject({ sandboxes: [{ sessions }] })
  })

  test('is refused by its schema when a field that scripts rely on is not there', () => {
    const { summary, ...rest } = planJson(situations['update'] ?? [], { ...context, sbxVersion: '0.1.0' })
    expect(summary).toMatchObject({ create: 0, start: 0, update: 1, recreate: 0, remove: 0, unchanged: 0 })
    expect(validate(rest)).toBe(false)
  })
})

/** Every step that there is; a new one is missed here at once. */
const ops = {
  ...{ 'pull-image': 1, 'build-image': 1, 'create-volume': 1, 'create-network': 1, 'create-record': 1 },
  ...{
    'create-container': 1,
    'create-proxy': 1,
    'start-proxy': 1,
    'stop-proxy': 1,
    'remove-proxy': 1,
    'verify-network': 1,
    settle: 1,
    'snapshot-container': 1,
    'copy-files': 1,
    start: 1,
    unpause: 1,
    stop: 1,
  },
  ...{ 'await-ready': 1, 'update-limits': 1, 'reset-restart-policy': 1, 'remove-container': 1, 'remove-record': 1 },
  ...{ 'remove-volume': 1, 'remove-network': 1, 'remove-image': 1, 'compare-homes': 1, 'refresh-home': 1 },
  ...{ 'seed-workspace': 1, prepare: 1 },
} as const satisfies Record<Step['do'], 1>

describe('the steps that a schema knows are all that there are', () => {
  test.each<readonly [string, (schema: SchemaFile) => unknown]>([
    ['plan', ({ definitions }) => definitions['step']?.properties?.['op']?.enum],
    ['events', ({ definitions }) => definitions['op']?.enum],
  ])('%s', (name, known) => {
    const path = new URL(`../../schema/${name}.schema.json`, import.meta.url)
    const schema = JSON.parse(readFileSync(path, 'utf8')) as SchemaFile
    expect([...(known(schema) as readonly string[])].sort()).toEqual(Object.keys(ops).sort())
  })
})

type SchemaNode = { readonly enum?: readonly string[]; readonly properties?: Readonly<Record<string, SchemaNode>> }
type SchemaFile = { readonly definitions: Readonly<Record<string, SchemaNode>> }

describe('the other documents', () => {
  test('a list names each sandbox', () => {
    const session: KeptSession = {
      ...{ id: '6921b3a0ff', state: 'running', exitCode: null, startedAt: 0, endedAt: null, program: 'cl\u001baude' },
      ...{ isAttached: true, quietSince: 999_999_999_999, mood: 'waiting' },
    }
    const running = { ...liveContainer, published: { '5173/tcp': { address: '127.0.0.1', hostPort: 33_080 } } }
    const stopped = { ...liveContainer, id: 'b', state: 'exited' } as const
    const renamed = { ...stopped, id: 'c', name: 'by-hand', was: 'sbx-web' }
    const document = listJson([running, stopped, renamed], new Map([[running.id, [session]]]))
    expectValid(validator('list'), document)
    const lost = { ...session, state: 'lost', mood: null, isStarved: true } as const
    const starved = listJson([running], new Map([[running.id, [lost]]]))
    expectValid(validator('list'), starved)
    expect(starved).toMatchObject({ sandboxes: [{ sessions: [{ state: 'lost', out_of_memory: true }] }] })
    expect(document['sandboxes']).toEqual([
      {
        id: 'web-3f2a1c',
        name: 'web',
        agent: 'claude',
        profile: null,
        template: 'claude',
        workspace: '/home/me/src/web',
        workspace_mode: 'bind',
        status: 'running',
        created_at: '2026-11-17T11:02:00.000Z',
        container_id: liveContainer.id,
        sessions: [
          {
            ...{ id: '6921b3a0ff', state: 'running', exit_code: null, started_at: '1970-01-01T00:00:00.000Z' },
            ...{ ended_at: null, program: 'cl\u001baude', attached: true, quiet_since: null, mood: 'waiting' },
          },
        ],
        ports: [{ container: 5173, protocol: 'tcp', address: '127.0.0.1', host: 33_080 }],
      },
      expect.objectContaining({ status: 'stopped', sessions: null, ports: [] }),
      expect.objectContaining({ container_id: 'c', renamed: { from: 'sbx-web', to: 'by-hand' } }),
    ])
  })

  test('an inspection of a sandbox that reaches less says so', () => {
    const less = {
      hide: { '.env': 'file', keys: 'folder' },
      sudo: false,
      isolation: 'runsc',
      network: 'limited',
      workspace: { path: '/src/web', readonly: false, mode: 'clone' },
      own: { node_modules: true },
      networks: { web_default: true },
      ssh: 'agent',
    } as const
    const container = { ...liveContainer, spec: { ...liveContainer.spec, ...less } }
    const documents = inspectJson([{ container, record: null, inspected: {} }])
    expectValid(validator('inspect'), documents)
    expect(documents).toMatchObject([{ spec: less }])
  })

  test('an inspection shows no digest and no value of a flag', () => {
    const record = { ...recordSpec, flags: { '-e': ['DEBUG=hunter2'], '-v': ['/a:/b'] } }
    const inspected = {
      Config: { Labels: { 'dev.sbx.sandbox': 'web-3f2a1c' } },
      NetworkSettings: { Ports: { '3000/tcp': [{ HostIp: '127.0.0.1', HostPort: '32768' }], '80/tcp': null } },
    }
    const documents = inspectJson([
      { container: liveContainer, record, inspected },
      { container: liveContainer, record: null, inspected: {} },
    ])
    expectValid(validator('inspect'), documents)
    expect(JSON.stringify(documents)).not.toMatch(/hmac|hunter2/)
    expect(documents[0]?.['ports']).toEqual([{ container: 3000, protocol: 'tcp', address: '127.0.0.1', host: 32768 }])
    expect(documents[1]?.['ports']).toEqual([])
    expect(documents[0]?.['labels']).toEqual({ 'dev.sbx.sandbox': 'web-3f2a1c' })
  })

  test('events end with a summary', () => {
    const validate = validator('events')
    const plan = situations['recreate']?.[0]?.plan
    const step = plan?.steps[0]
    if (plan === undefined || step === undefined) throw new Error('the situation has no steps')
    const place = { index: 0, count: plan.steps.length, step }
    const first = planEvent([plan], { sbxVersion: '0.1.0', now: context.now })
    expectValid(validate, first)
    expect(Object.keys(first)[0]).toBe('format_version')
    expect(first).toMatchObject({ type: 'plan', summary: { recreate: 1, create: 0 }, sandboxes: [{ name: 'web' }] })
    let time = 0
    const lineOf = stepEvents(plan, () => (time += 250))
    const lines = [
      ...(['begun', 'done', 'failed', 'undone'] as const).map((kind) => lineOf({ ...place, kind })),
      lineOf({ ...place, kind: 'progress', line: 'layer 1 of 3' }),
    ]
    for (const line of lines) expectValid(validate, line)
    expect(lines[1]).toMatchObject({
      ...{ sandbox: 'web', index: 1, count: plan.steps.length, status: 'done', duration_ms: 250 },
      ...{ op: 'pull-image', target: 'acme/py:2', description: 'pull acme/py:2' },
    })
    const transfer = { layers: 1, layersDone: 0, bytes: 1, bytesTotal: 2 }
    expect(lineOf({ ...place, kind: 'transfer', transfer })).toBeNull()
    const summary = summaryEvent([{ plan, applied: { action: 'recreate', containerId: 'f'.repeat(64) } }])
    expectValid(validate, summary)
    expect(summary).toMatchObject({
      type: 'summary',
      sandboxes: [{ name: 'web', action: 'recreate', container_id: 'f'.repeat(64) }],
    })
  })

  test('errors say where, and keep the source line to themselves', () => {
    const diagnostics: Diagnostic[] = [
      {
        severity: 'error',
        code: 'config/unknown-key',
        summary: 'unknown key',
        at: { file: '/w/sandbox.yaml', line: 3, column: 5, sourceLine: 'env: { TOKEN: hunter2 }' },
      },
      { severity: 'warning', code: 'resolve/missing', summary: 'missing', detail: 'FOO.', command: 'export FOO=' },
    ]
    const document = errorsJson(diagnostics)
    expectValid(validator('errors'), document)
    expect(JSON.stringify(document)).not.toContain('hunter2')
  })

  test('a valid file is told with the files that were read', () => {
    const document = {
      format_version: '1.0',
      errored: false,
      file: '/w/sandbox.yaml',
      files: ['/w/sandbox.yaml'],
      agent: 'claude',
    }
    expectValid(validator('validate'), document)
  })

  test('every text parses back to what it was, and steers no terminal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = jsonText({ [text]: text })
        expect(JSON.parse(json)).toEqual({ [text]: text })
        expect(json.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      }),
    )
  })
})
