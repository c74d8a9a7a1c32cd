import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  containerLabels,
  decodeContainer,
  decodeRecord,
  layoutVersion,
  recordLabels,
  volumeLabels,
} from '../../../src/engine/labels/labels.js'
import { decodeHome, decodeVolume } from '../../../src/engine/labels/volume-labels.js'
import { canonicalJson } from '../../../src/model/json.js'
import {
  containerName,
  digest,
  homeVolumeName,
  labels,
  loginVolumeName,
  ownVolumeName,
  recordName,
  workspaceVolumeName,
} from '../../../src/model/names.js'
import type { ContainerRequest } from '../../../src/model/plan.js'
import type { ContainerSpec, RecordSpec } from '../../../src/model/spec.js'
import { containerSpecs } from '../../support/arbitraries.js'

const scope = 'x'
const sandbox = {
  ...{ id: 'web-3f2a1c', displayName: 'Web', workspace: '/src/ä b', inode: '1:2:3', agent: 'claude', profile: 'ci' },
}
const spec: ContainerSpec = {
  template: { kind: 'built-in', name: 'shell' },
  setup: [],
  workspace: { path: '/src/ä b', readonly: false },
  volumes: {},
  mounts: {},
  socket: 'none',
  credentials: 'none',
  network: 'open',
  ports: {},
}
const recordSpec: RecordSpec = {
  agent: { name: 'claude', args: [], autonomy: 'full' },
  env: {},
  envFile: {},
  secrets: {},
  git: null,
  resources: { pids: 4096 },
  grants: {},
  flags: {},
  digestKey: 'k',
}

function requestOf(of: ContainerSpec, replaces: string | null = null): ContainerRequest {
  const name = containerName(scope, sandbox.id, of, replaces)
  return { name, sandbox, spec: of, resources: { pids: 1 }, image: 'a:1', recipe: 'r1', replaces }
}

const request = requestOf(spec)
const good = containerLabels(scope, request, '{}')

test('what is written on a container is read from it', () => {
  fc.assert(
    fc.property(containerSpecs(sandbox.id, '/src/web'), fc.option(fc.constant('f'.repeat(64))), (some, replaces) => {
      const made = requestOf(some, replaces)
      expect(decodeContainer(scope, made.name, containerLabels(scope, made, '{}'))).toMatchObject({
        ...{ sandbox, spec: some, replaces, recipe: 'r1', imageReference: 'a:1' },
      })
    }),
    { numRuns: 100 },
  )
})

test('a record and a home are read as they were written', () => {
  const name = recordName(scope, sandbox.id, recordSpec)
  expect(decodeRecord(scope, name, recordLabels(scope, name, sandbox, recordSpec))).toEqual({
    ...{ sandboxId: sandbox.id, spec: recordSpec },
  })
  const home = homeVolumeName(scope, sandbox.id)
  expect(decodeHome(scope, home, volumeLabels(scope, { name: home, holds: 'home', sandbox }))).toBe(sandbox.id)
})

test('a clone and own folders are told by their role and their name together', () => {
  const clone = workspaceVolumeName(scope, sandbox.id)
  const own = ownVolumeName(scope, sandbox.id, 'node_modules')
  const cloned = volumeLabels(scope, { name: clone, holds: 'workspace', sandbox })
  const owned = volumeLabels(scope, { name: own, holds: 'own', sandbox })
  expect(decodeVolume(scope, clone, cloned)).toEqual({ sandboxId: sandbox.id, holds: 'workspace' })
  expect(decodeVolume(scope, own, owned)).toEqual({ sandboxId: sandbox.id, holds: 'own' })
  expect(decodeVolume(scope, own, cloned)).toBeNull()
  expect(decodeVolume(scope, own, { ...owned, [labels.role]: 'workspace' })).toBeNull()
  expect(decodeVolume(scope, 'other', { ...owned, [labels.name]: 'other' })).toBeNull()
  expect(decodeHome(scope, clone, cloned)).toBeNull()
})

test.each<readonly [string, number, Partial<ContainerSpec>]>([
  ['nothing new', 1, {}],
  ['what is hidden', 2, { hide: { '.env': 'file' } }],
  ['a clone', 3, { workspace: { path: '/w', readonly: false, mode: 'clone' } }],
  ['an own folder', 3, { own: { node_modules: true } }],
  ['a network', 3, { networks: { web_default: true } }],
  ['the ssh agent', 3, { ssh: 'agent', hide: { '.env': 'file' } }],
])('a container with %s can be read from layout %i on', (_, layout, more) => {
  const from = containerLabels(scope, { ...request, spec: { ...spec, ...more } }, '')
  expect(from[labels.version]).toBe(String(layout))
})

test("a login volume says of no sandbox that it is that one's", () => {
  const name = loginVolumeName(scope, 'claude')
  expect(volumeLabels(scope, { name, holds: 'login', sandbox })).not.toHaveProperty(labels.sandbox)
})

test.each([
  ['inherited by an image', 'somebody-elses', good],
  ['of another scope', request.name, { ...good, [labels.scope]: 'y' }],
  [
    'of a spec that its name is not made of',
    request.name,
    { ...good, [labels.spec]: canonicalJson({ ...spec, setup: ['x'] }) },
  ],
  ['of another sandbox', request.name, { ...good, [labels.sandbox]: 'api-3f2a1c' }],
  ['that says to replace another', request.name, { ...good, [labels.replaces]: 'f'.repeat(64) }],
  ['of another role', request.name, { ...good, [labels.role]: 'proxy' }],
  ['whose spec is no JSON', request.name, { ...good, [labels.spec]: '{' }],
  ['without a version', request.name, { ...good, [labels.version]: '' }],
  ['without anything', request.name, {}],
])('a container with labels %s is not ours', (_, name, from) => {
  expect(decodeContainer(scope, name, from)).toBeNull()
})

test('a planted spec of another shape is not ours, though its digest is right', () => {
  for (const planted of [{}, null, [], 'text', { ...spec, mounts: { '/x': 'y' } }, { ...spec, workspace: undefined }]) {
    const name = `sbx_${scope}-${sandbox.id}-agent-${digest([planted, null] as never, 8)}`
    const from = { ...good, [labels.name]: name, [labels.spec]: canonicalJson(planted) }
    expect(decodeContainer(scope, name, from)).toBeNull()
  }
})

test('any labels at all are read without a crash', () => {
  const anyLabels = fc.dictionary(fc.constantFrom(...Object.values(labels), 'other'), fc.oneof(fc.string(), fc.json()))
  fc.assert(
    fc.property(anyLabels, fc.string(), (from, name) => {
      expect(decodeContainer('', name, { ...from, [labels.version]: '1' })).toBeNull()
      expect(decodeRecord('', name, { ...from, [labels.version]: '1' })).toBeNull()
    }),
  )
})

test('what a newer sbx made is refused, and the versions are named', () => {
  const newer = { ...good, [labels.version]: String(layoutVersion + 1) }
  expect(() => decodeContainer(scope, request.name, newer)).toThrow(
    expect.objectContaining({
      diagnostics: [
        expect.objectContaining({
          code: 'engine/newer-layout',
          detail: expect.stringContaining(`layout version ${layoutVersion + 1}`),
        }),
      ],
    }),
  )
})
