// Random sandboxes. The domains are small on purpose: two draws must often agree in most settings and differ in one.

import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import type { DesiredSandbox, PrepareStepSpec } from '../../src/model/desired.js'
import type { Grant } from '../../src/model/grant.js'
import {
  digest,
  homeVolumeName,
  loginFolder,
  loginVolumeName,
  ownVolumeName,
  workspaceVolumeName,
} from '../../src/model/names.js'
import type {
  ContainerSpec,
  EnvFileSpec,
  LimitsSpec,
  ProxySpec,
  RecordSpec,
  SecretSpec,
  SessionValue,
  TemplateSpec,
} from '../../src/model/spec.js'
import type { ImageSource } from '../../src/model/template.js'

/** Never to be found in anything that sbx writes or says. */
export const plantedSecrets = ['hunter2-secret', 'correct-horse-secret'] as const

/** As the real ones are made: nothing of the value is left in it. */
export function digestOf(key: string, name: string, secret: string): string {
  return createHmac('sha256', key).update(`${name}\0${secret}`).digest('hex')
}

const gigabyte = 1024 ** 3

/** One value in three of four draws, so that two sandboxes are often alike in most settings. */
function mostly<Value>(usual: Value, other: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other })
}

/** Of the image that `acme/agent:1` is at first, and of another. */
export const pinnedDigests = ['sha256:d0', 'sha256:d1'] as const

/** What registries have at first: id by reference. */
export const registryAtFirst: ReadonlyMap<string, string> = new Map([
  ...['debian:bookworm-slim', 'acme/agent:1', 'acme/agent:2'].map((name): [string, string] => [
    name,
    `sha256:${name}-0`,
  ]),
  ['acme/agent@sha256:d0', 'sha256:acme/agent:1-0'],
  ['acme/agent@sha256:d1', 'sha256:acme/agent:1-d1'],
])

export const templates: fc.Arbitrary<TemplateSpec> = fc.oneof(
  fc.constantFrom('claude', 'shell').map((name) => ({ kind: 'built-in', name }) as const),
  fc.constantFrom('1.0', '2.0').map((version) => ({ kind: 'built-in', name: 'claude', version }) as const),
  fc.constantFrom('a1', 'b2').map((digest) => ({ kind: 'folder', path: '/src/web/template', digest }) as const),
  fc.constantFrom('acme/agent:1', 'acme/agent:2').map((reference) => ({ kind: 'image', reference }) as const),
  fc.constantFrom(...pinnedDigests).map((digest) => ({ kind: 'image', reference: 'acme/agent:1', digest }) as const),
  fc
    .constantFrom('c1', 'c2')
    .map((commit) => ({ kind: 'git', reference: 'git+https://host/t.git@v1', commit }) as const),
)

export const limits: fc.Arbitrary<LimitsSpec> = fc.record(
  {
    cpus: fc.constantFrom(1, 2, 1.5),
    memory: fc.constantFrom(4 * gigabyte, 8 * gigabyte),
    pids: fc.constantFrom(4096, 8192),
  },
  { requiredKeys: ['pids'] },
)

function keyed<Value>(
  keys: readonly string[],
  value: fc.Arbitrary<Value>,
): fc.Arbitrary<Readonly<Record<string, Value>>> {
  return fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: keys.length, noNullPrototype: true })
}

/** Volumes follow from credentials, as they do where specs are made. */
export function containerSpecs(id: string, workspace: string): fc.Arbitrary<ContainerSpec> {
  return fc
    .record({
      template: mostly<TemplateSpec>({ kind: 'image', reference: 'acme/agent:1' }, templates),
      setup: mostly<readonly string[]>([], fc.constant(['apt-get install -y jq'])),
      workspace: mostly(false, fc.boolean()).map((isReadonly) => ({ path: workspace, readonly: isReadonly })),
      mounts: mostly<ContainerSpec['mounts']>(
        { '/data': { source: '/a', readonly: true } },
        keyed(['/data', '/models'], fc.record({ source: fc.constantFrom('/a', '/b'), readonly: fc.boolean() })),
      ),
      socket: mostly<ContainerSpec['socket']>('none', fc.constant('host')),
      credentials: mostly<ContainerSpec['credentials']>('sandbox', fc.constantFrom('none', 'host')),
      network: mostly<ContainerSpec['network']>('open', fc.constantFrom('none', 'limited', 'limited')),
      ports: mostly<ContainerSpec['ports']>(
        {},
        keyed(
          ['3000/tcp', '5173/tcp'],
          fc.record({ address: fc.constantFrom('127.0.0.1'), hostPort: fc.constantFrom(3000, null) }),
        ),
      ),
      hide: mostly(undefined, keyed(['.env', 'keys'], fc.constantFrom('file' as const, 'folder' as const))),
      own: mostly(undefined, keyed(['node_modules', 'target'], fc.constant(true as const))),
      ssh: mostly(undefined, fc.constant('agent' as const)),
      isClone: mostly(false, fc.boolean()),
      sudo: mostly(undefined, fc.constant(false as const)),
      isolation: mostly(undefined, fc.constantFrom('runsc', 'kata')),
    })
    .map(({ hide = {}, own = {}, ssh, isClone, sudo, isolation, ...spec }) => ({
      ...{ ...spec, ports: withoutClash(spec.ports) },
      // What is not committed is not in a clone, and it has to be written to be made.
      workspace: isClone ? ({ path: workspace, readonly: false, mode: 'clone' } as const) : spec.workspace,
      volumes: volumesOf(id, spec.credentials, { path: workspace, own, isClone }),
      ...(Object.keys(hide).length === 0 || isClone ? {} : { hide }),
      ...(Object.keys(own).length === 0 ? {} : { own }),
      ...(ssh === undefined ? {} : { ssh }),
      ...(sudo === undefined ? {} : { sudo }),
      ...(isolation === undefined ? {} : { isolation }),
    }))
}

function withoutClash(ports: ContainerSpec['ports']): ContainerSpec['ports'] {
  const [first, second] = Object.values(ports)
  const clashes = first !== undefined && second !== undefined && first.hostPort === second.hostPort
  return clashes ? { '3000/tcp': first } : ports
}

type WorkspaceVolumes = {
  readonly path: string
  readonly own?: ContainerSpec['own'] | undefined
  readonly isClone?: boolean
}

export function volumesOf(
  id: string,
  credentials: ContainerSpec['credentials'],
  { path, own = {}, isClone = false }: WorkspaceVolumes = { path: '' },
): ContainerSpec['volumes'] {
  const login = credentials === 'sandbox' ? { [loginFolder]: loginVolumeName('', 'claude') } : {}
  const owns = Object.keys(own).map((each): [string, string] => [`${path}/${each}`, ownVolumeName('', id, each)])
  return {
    '/home/agent': homeVolumeName('', id),
    ...login,
    ...(isClone ? { [path]: workspaceVolumeName('', id) } : {}),
    ...Object.fromEntries(owns),
  }
}

/** What follows from a spec of the workspace's volumes. */
function workspaceFrom(
  id: string,
  { workspace, own = {} }: ContainerSpec,
): Pick<DesiredSandbox, 'workspaceVolume' | 'ownVolumes' | 'clone'> {
  const owns = Object.keys(own).map((path): [string, string] => [path, ownVolumeName('', id, path)])
  const clone = { workspaceVolume: workspaceVolumeName('', id), clone: { branch: `sbx/${id}`, head: 'c0' } }
  return {
    ...(workspace.mode === 'clone' ? clone : {}),
    ...(owns.length === 0 ? {} : { ownVolumes: Object.fromEntries(owns) }),
  }
}

const keys = ['key-1', 'key-1', 'key-1', 'key-2']

function sessionValues(key: string): fc.Arbitrary<SessionValue> {
  const digests = fc.constantFrom(...plantedSecrets).map((secret) => digestOf(key, 'env', secret))
  return fc.oneof(
    fc.constantFrom('debug', 'info').map((value) => ({ from: 'file', value }) as const),
    fc
      .tuple(fc.constantFrom('${env:A}', '${env:B}'), fc.option(digests))
      .map(([text, digest]) => ({ from: 'host', text, digest }) as const),
    digests.map((digest) => ({ from: 'flag', digest }) as const),
  )
}

function secrets(key: string): fc.Arbitrary<SecretSpec> {
  const digest = fc.option(fc.constantFrom(...plantedSecrets).map((secret) => digestOf(key, 'secret', secret)))
  return fc.oneof(
    fc.record({ env: fc.constantFrom('TOKEN', 'OTHER'), digest }),
    fc.record({ file: fc.constantFrom('/keys/one'), digest }),
  )
}

function envFiles(key: string): fc.Arbitrary<EnvFileSpec> {
  const digest = fc.constantFrom(...plantedSecrets).map((secret) => digestOf(key, 'file', secret))
  return fc.record({ optional: fc.boolean(), values: fc.option(keyed(['X', 'Y'], digest)) })
}

export const recordSpecs: fc.Arbitrary<RecordSpec> = fc.constantFrom(...keys).chain((digestKey) =>
  fc
    .record({
      agent: fc.record({
        name: fc.constant('claude'),
        args: fc.constantFrom<readonly string[]>([], ['--model', 'opus']),
        autonomy: fc.constantFrom('full' as const, 'ask' as const),
      }),
      files: mostly(
        undefined,
        keyed(
          ['/home/agent/.claude/CLAUDE.md', '/home/agent/notes'],
          fc.record({ source: fc.constantFrom('/src/web/a', '/src/web/b'), digest: fc.constantFrom('f1', 'f2') }),
        ),
      ),
      env: keyed(['NODE_ENV', 'TOKEN'], sessionValues(digestKey)),
      envFile: keyed(['/src/web/.env'], envFiles(digestKey)),
      secrets: keyed(['STRIPE_KEY'], secrets(digestKey)),
      git: fc.constantFrom(null, { name: 'Ada', email: 'ada@example.com' }, { name: 'Ada', email: null }),
      resources: limits,
      grants: fc.constant({}),
      flags: keyed(['-e'], fc.constant(['FOO=1'])),
      digestKey: fc.constant(digestKey),
    })
    .map(({ files = {}, ...record }): RecordSpec => ({
      ...record,
      ...(Object.keys(files).length === 0 ? {} : { files }),
    })),
)

export function imageOf(template: TemplateSpec, setup: readonly string[], recipe: string): ImageSource {
  const build = (tag: string, from: string): ImageSource['steps'][number] => ({
    do: 'build-image',
    tag,
    aliases: [],
    context: { files: {}, dockerfile: `FROM ${from}\n`, buildArgs: { recipe }, labels: {} },
  })
  const base = imageOfTemplate(template, recipe, build)
  if (setup.length === 0) return base
  const reference = `localhost/sbx-setup:${recipe}-${base.reference.replaceAll(/\W/g, '-')}`
  return { ...base, reference, movable: false, steps: [...base.steps, build(reference, base.reference)] }
}

function imageOfTemplate(
  template: TemplateSpec,
  recipe: string,
  build: (tag: string, from: string) => ImageSource['steps'][number],
): ImageSource {
  switch (template.kind) {
    case 'built-in': {
      const reference = `localhost/sbx-${template.name}:${recipe}`
      const steps = [
        build(`localhost/sbx-base:${recipe}`, 'debian:bookworm-slim'),
        build(reference, `localhost/sbx-base:${recipe}`),
      ]
      return {
        reference,
        recipe,
        movable: false,
        steps: [{ do: 'pull-image', reference: 'debian:bookworm-slim' }, ...steps],
      }
    }
    case 'folder': {
      const reference = `localhost/sbx-folder:${template.digest}`
      const pull = { do: 'pull-image', reference: 'debian:bookworm-slim' } as const
      return { reference, recipe: '', movable: false, steps: [pull, build(reference, 'debian:bookworm-slim')] }
    }
    case 'git': {
      const reference = `localhost/sbx-git:${template.commit}`
      const pull = { do: 'pull-image', reference: 'debian:bookworm-slim' } as const
      return { reference, recipe: '', movable: false, steps: [pull, build(reference, 'debian:bookworm-slim')] }
    }
    case 'image': {
      const { digest } = template
      const reference = digest === undefined ? template.reference : `acme/agent@${digest}`
      return { reference, recipe: '', movable: digest === undefined, steps: [{ do: 'pull-image', reference }] }
    }
  }
}

/** What a spec asks for beyond the baseline, as it is written into its record. */
export function grantsOf(spec: ContainerSpec): Grant[] {
  return [
    ...Object.entries(spec.mounts).map(([target, mount]) => ({
      key: `mount:${target}`,
      value: `${mount.readonly ? 'ro' : 'rw'}:${mount.source}`,
      summary: `host folder ${mount.source}`,
    })),
    ...(spec.socket === 'host' ? [{ key: 'socket', value: 'host', summary: 'engine socket' }] : []),
  ]
}

export type SandboxIdentity = Pick<DesiredSandbox, 'id' | 'displayName' | 'workspace' | 'agent' | 'profile'>

export const webIdentity: SandboxIdentity = {
  id: 'web-3f2a1c',
  displayName: 'web',
  workspace: '/src/web',
  agent: 'claude',
  profile: null,
}

export function desiredFrom(
  identity: SandboxIdentity,
  containerSpec: ContainerSpec,
  record: RecordSpec,
  rest: {
    readonly inode?: string
    readonly recipe?: string
    readonly allow?: ProxySpec['allow']
    readonly prepare?: DesiredSandbox['prepare']
  } = {},
): DesiredSandbox {
  const grants = grantsOf(containerSpec)
  return {
    ...identity,
    inode: rest.inode ?? '1:1:1',
    containerSpec,
    recordSpec: { ...record, grants: Object.fromEntries(grants.map(({ key, value }) => [key, value])) },
    image: imageOf(containerSpec.template, containerSpec.setup, rest.recipe ?? 'r1'),
    homeVolume: homeVolumeName('', identity.id),
    loginVolume: containerSpec.credentials === 'sandbox' ? loginVolumeName('', identity.agent) : null,
    grants,
    ...workspaceFrom(identity.id, containerSpec),
    ...(rest.prepare === undefined || rest.prepare.length === 0 ? {} : { prepare: rest.prepare }),
    ...(containerSpec.network === 'limited' ? { egress: egressFrom(rest.allow ?? {}, rest.recipe ?? 'r1') } : {}),
    lifecycle: { ignoreDrift: [], onRecreate: 'ask' },
    origins: {},
    configFile: `${identity.workspace}/sandbox.yaml`,
    warnings: [],
  }
}

const hosts: fc.Arbitrary<ProxySpec['allow']> = keyed(
  ['a.example:443', '*.b.example:443', 'c.example:80', 'd.example:443', 'e.example:8443'],
  fc.constant(true as const),
)

/** Of a network that is limited. */
export function egressFrom(allow: ProxySpec['allow'], recipe: string): NonNullable<DesiredSandbox['egress']> {
  const tag = `localhost/sbx-proxy:${recipe}`
  const context = { files: {}, dockerfile: 'FROM debian:bookworm-slim\n', buildArgs: { recipe }, labels: {} }
  const pull = { do: 'pull-image', reference: 'debian:bookworm-slim' } as const
  const steps = [pull, { do: 'build-image', tag, aliases: [], context }] as const
  return { spec: { allow }, agentHosts: ['api.example:443'], image: { reference: tag, recipe, movable: false, steps } }
}

/** The same with other hosts, where the network is limited. */
export function withHosts(file: DesiredSandbox, allow: ProxySpec['allow']): DesiredSandbox {
  return file.egress === undefined ? file : { ...file, egress: { ...file.egress, spec: { allow } } }
}

export function desiredSandboxes(identity: SandboxIdentity = webIdentity): fc.Arbitrary<DesiredSandbox> {
  return fc
    .record({
      container: containerSpecs(identity.id, identity.workspace),
      record: recordSpecs,
      recipe: fc.constantFrom('r1', 'r1', 'r1', 'r2'),
      allow: mostly<ProxySpec['allow']>({ 'a.example:443': true }, hosts),
      prepare: mostly<readonly PrepareStepSpec[]>([], prepareSteps),
    })
    .map(({ container, record, ...rest }) => desiredFrom(identity, container, record, rest))
}

const prepareSteps: fc.Arbitrary<readonly PrepareStepSpec[]> = fc
  .subarray(['npm ci', 'make db'])
  .chain((runs) => fc.tuple(...runs.map((run) => fc.constantFrom('d1', 'd2', null).map((lock) => stepOf(run, lock)))))

function stepOf(run: string, lock: string | null): PrepareStepSpec {
  return { key: digest(run, 12), run, when: { lock } }
}

/** A file in which one setting is as another says. */
export function withSetting(file: DesiredSandbox, other: DesiredSandbox, setting: SettingName): DesiredSandbox {
  // One that is at its default is not there.
  const chosen = <Spec extends object>(old: Spec, wanted: Spec): Spec =>
    Object.fromEntries([
      ...Object.entries(old).filter(([key]) => key !== setting),
      ...Object.entries(wanted).filter(([key]) => key === setting),
    ]) as Spec
  const containerSpec = chosen(file.containerSpec, other.containerSpec)
  const { credentials, workspace, own } = containerSpec
  const isClone = workspace.mode === 'clone'
  const volumes = volumesOf(file.id, credentials, { path: workspace.path, own, isClone })
  const allow = (file.egress ?? other.egress)?.spec.allow ?? {}
  const { egress: _, workspaceVolume: __, ownVolumes: ___, clone: ____, prepare = [], ...identity } = file
  return desiredFrom(identity, { ...containerSpec, volumes }, chosen(file.recordSpec, other.recordSpec), {
    allow,
    prepare,
  })
}

export type SettingName = (typeof settingNames)[number]

export const settingNames = [
  'template',
  'setup',
  'workspace',
  'mounts',
  'socket',
  'credentials',
  'network',
  'ports',
  'hide',
  'own',
  'ssh',
  'sudo',
  'isolation',
  'agent',
  'files',
  'env',
  'envFile',
  'secrets',
  'git',
  'resources',
] as const
