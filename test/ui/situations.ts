// One plan for each situation that the text and the JSON must tell well: the golden files are made of these.

import type { SandboxLabels } from '../../src/model/desired.js'
import type { Position } from '../../src/model/diagnostic.js'
import type { JsonValue } from '../../src/model/json.js'
import type { LiveContainer } from '../../src/model/live.js'
import type { ContainerRequest, FieldChange, PlannedGrant, SandboxPlan, Step } from '../../src/model/plan.js'
import type { Risks } from '../../src/model/risks.js'
import type { ContainerSpec, RecordSpec } from '../../src/model/spec.js'
import type { PlanContext, PlannedSandbox } from '../../src/ui/plan-text/context.js'
import { plainStyle } from '../../src/ui/style.js'

/** Of the day of the situations, wherever they are looked at: in seconds since 1970. */
const startOfDay = new Date('2026-11-21T19:30:00Z').setHours(0, 0, 0, 0) / 1000

export const home = '/home/me'
export const workspace = '/home/me/src/web'
export const configFile = `${workspace}/sandbox.yaml`

export const context: PlanContext = {
  style: plainStyle,
  workingFolder: workspace,
  home,
  configFile,
  engine: 'docker 28.2.2',
  endpoint: 'unix:///var/run/docker.sock',
  now: new Date('2026-11-21T19:30:00Z'),
  next: 'sbx apply',
}

export const sandbox: SandboxLabels = {
  id: 'web-3f2a1c',
  displayName: 'web',
  workspace,
  inode: '2049:81:1700000000',
  agent: 'claude',
  profile: null,
}

export const secretDigest = 'hmac:0f3b9d52c1'

export const containerSpec: ContainerSpec = {
  template: { kind: 'built-in', name: 'claude' },
  setup: ['apt-get update && apt-get install -y postgresql-client', 'npm i -g pnpm'],
  workspace: { path: workspace, readonly: false },
  volumes: { '/home/agent': 'sbx-web-3f2a1c-home', '/run/sbx/login': 'docker-claude-sandbox-data' },
  mounts: {
    '/data': { source: '/home/me/datasets', readonly: true },
    '/models': { source: '/home/me/models', readonly: false },
  },
  socket: 'host',
  credentials: 'sandbox',
  network: 'open',
  ports: { '3000/tcp': { address: '127.0.0.1', hostPort: 3000 }, '5173/tcp': { address: '127.0.0.1', hostPort: null } },
}

export const recordSpec: RecordSpec = {
  agent: { name: 'claude', args: ['--model', 'opus'], autonomy: 'full' },
  env: {
    NODE_ENV: { from: 'file', value: 'development' },
    FOO: { from: 'host', text: '${env:FOO}', digest: secretDigest },
    DATABASE_URL: { from: 'host', text: '${env:DATABASE_URL}', digest: null },
    DEBUG: { from: 'flag', digest: secretDigest },
  },
  envFile: { [`${workspace}/.env.sandbox`]: { optional: false, values: { REGION: secretDigest } } },
  secrets: { ANTHROPIC_API_KEY: { env: 'ANTHROPIC_API_KEY', digest: secretDigest } },
  git: { name: 'Me Myself', email: 'me@example.com' },
  resources: { memory: 8 * 2 ** 30, cpus: 4, pids: 4096 },
  grants: { 'mount:/data': 'ro:/home/me/datasets' },
  flags: {},
  digestKey: 'key-1',
}

const oldId = '3f9a1c2b77de0c6b1f51c5d0f6f3d0a9a3a0a5f7a9a1b2c3d4e5f60718293a4b'
const imageId = `sha256:a1b2c3d4${'0'.repeat(56)}`

export const current: NonNullable<SandboxPlan['current']> = {
  containerId: oldId,
  name: 'sbx-web-3f2a1c-agent-9b1c04aa',
  state: 'running',
  startedAt: '2026-11-17T11:02:03.123456789Z',
  imageId,
}

const request: ContainerRequest = {
  name: 'sbx-web-3f2a1c-agent-1af9b688',
  sandbox,
  spec: containerSpec,
  resources: recordSpec.resources,
  image: 'localhost/sbx-claude:5d41402a',
  recipe: '3',
  replaces: null,
}

const buildImage: Step = {
  do: 'build-image',
  tag: 'localhost/sbx-claude:5d41402a',
  aliases: [],
  context: {
    files: { 'ca.crt': { mode: 0o644, text: 'CERTIFICATE' } },
    dockerfile: 'FROM x',
    buildArgs: {},
    labels: {},
  },
}

function at(line: number, column = 3): { kind: 'file'; at: Position } {
  return { kind: 'file', at: { file: configFile, line, column } }
}

const made = { made: request.name }
const old = { id: oldId }

/** That has folders of its own, joins a network, and can use the ssh agent. */
const joined: ContainerRequest = {
  ...request,
  spec: {
    ...containerSpec,
    volumes: { ...containerSpec.volumes, [`${workspace}/node_modules`]: 'sbx-web-3f2a1c-own-0d23dd7e' },
    own: { node_modules: true },
    networks: { web_default: true },
    ssh: 'agent',
  },
}

const createSteps: readonly Step[] = [
  buildImage,
  { do: 'create-volume', name: 'sbx-web-3f2a1c-home', holds: 'home', sandbox },
  { do: 'create-network', access: 'open' },
  { do: 'create-container', request },
  { do: 'create-record', name: 'sbx-web-3f2a1c-record-11223344', sandbox, spec: recordSpec },
  { do: 'settle', sandboxId: sandbox.id, target: made, expected: {} },
  { do: 'start', target: made },
  { do: 'await-ready', target: made },
]

/** As little as there can be of the workspace, the network and the kernel. */
const closed: ContainerRequest = {
  ...request,
  spec: {
    ...containerSpec,
    ...{ setup: [], mounts: {}, socket: 'none', network: 'limited', ports: {}, sudo: false, isolation: 'runsc' },
    hide: { '.env': 'file', 'config/keys': 'folder', 'a\u001b[31m name': 'file' },
  },
}

const proxyStep: Step = {
  do: 'create-proxy',
  request: {
    ...{ name: 'sbx-web-3f2a1c-proxy-99aa00bb', sandbox, agentHosts: ['api.anthropic.com:443'] },
    ...{ spec: { allow: { 'packages.example.org:443': true, '*.corp.example:8443': true } }, replaces: null },
    ...{ image: 'localhost/sbx-proxy:1', recipe: '1' },
  },
}

const recreateSteps: readonly Step[] = [
  { do: 'pull-image', reference: 'acme/py:2' },
  {
    do: 'create-container',
    request: {
      ...request,
      image: 'acme/py:2',
      spec: { ...containerSpec, template: { kind: 'image', reference: 'acme/py:2' } },
      replaces: oldId,
    },
  },
  { do: 'settle', sandboxId: sandbox.id, target: made, expected: { [oldId]: null } },
  { do: 'stop', target: old },
  { do: 'start', target: made },
  { do: 'await-ready', target: made },
  { do: 'remove-container', target: old },
]

export const grants: readonly PlannedGrant[] = [
  {
    key: 'mount:/data',
    value: 'ro:/home/me/datasets',
    summary: 'read-only host folder /home/me/datasets',
    origin: at(14),
    widens: true,
  },
  {
    key: 'mount:/models',
    value: 'rw:/home/me/models',
    summary: 'read-write host folder /home/me/models',
    why: 'trained weights go here',
    origin: at(15),
    widens: true,
  },
  {
    key: 'socket',
    value: 'unix:///var/run/docker.sock',
    summary: "the engine's socket: whoever has it is root on this machine",
    origin: { kind: 'flag', flag: '--mount-docker-socket' },
    widens: true,
  },
  { key: 'env:FOO', value: 'FOO', summary: 'host variable FOO', origin: at(9), widens: false },
]

const base: SandboxPlan = {
  id: sandbox.id,
  name: 'web',
  action: 'reuse',
  reason: 'unchanged',
  changes: [],
  unchanged: 9,
  notes: [],
  grants: [],
  current,
  steps: [],
}

const memoryUp: FieldChange = {
  path: '/resources/memory',
  op: 'change',
  effect: 'live',
  origin: 'config',
  before: { value: 4 * 2 ** 30 },
  after: { value: 8 * 2 ** 30 },
  source: at(21),
}

/** By another hand. */
function drifted(path: string, effect: FieldChange['effect'], applied: JsonValue, now: JsonValue): FieldChange {
  const values = { before: { value: now }, after: { value: applied }, lastApplied: { value: applied } }
  return { path, op: 'change', effect, origin: 'drift', ...values }
}

const templateUp: FieldChange = {
  path: '/template',
  op: 'change',
  effect: 'recreate',
  origin: 'config',
  before: { value: 'acme/py:1' },
  after: { value: 'acme/py:2' },
  source: at(4),
}

export const risks: Risks = {
  sessions: [{ command: 'claude', terminal: 'pts/0', seconds: 750 }],
  kept: null,
  clone: null,
  losses: {
    files: {
      count: 3009,
      folders: [
        { path: '/usr/local/lib/tool', count: 3001, size: { bytes: 134_000_000, isPart: true } },
        { path: '/usr/local/bin/rg', count: 1, size: { bytes: 5_400_000 } },
        { path: '/opt/x', count: 1 },
      ],
      elsewhere: 6,
    },
    deleted: 2,
    packages: [
      { manager: 'debian', name: 'curl', wasThere: true },
      { manager: 'debian', name: 'jq', wasThere: false },
      { manager: 'debian', name: 'postgresql-client', wasThere: false },
      { manager: 'npm', name: '@acme/tool', wasThere: false },
    ],
    volumes: ['/var/lib/data'],
    bytes: 150_200_000,
  },
  widening: grants.filter((grant) => grant.widens),
}

export const situations: Readonly<Record<string, readonly PlannedSandbox[]>> = {
  create: [
    {
      plan: { ...base, action: 'create', reason: 'new', unchanged: 0, current: null, grants, steps: createSteps },
      agentVersion: '2.1.0',
      origins: { '/env/DEBUG': { kind: 'flag', flag: '-e' } },
    },
  ],
  'create-closed': [
    {
      plan: {
        ...base,
        ...{ action: 'create', reason: 'new', unchanged: 0, current: null },
        steps: createSteps.flatMap((step): readonly Step[] => {
          if (step.do === 'create-network') return []
          return step.do === 'create-container' ? [proxyStep, { ...step, request: closed }] : [step]
        }),
        notes: [
          { kind: 'unpublished-ports', ports: ['3000/tcp', '5173/tcp'] },
          { kind: 'no-sudo-here', why: 'gvisor' },
          { kind: 'no-sudo-here', why: 'root-owner' },
        ],
      },
    },
  ],
  'create-joined': [
    {
      plan: {
        ...base,
        ...{ action: 'create', reason: 'new', unchanged: 0, current: null },
        steps: createSteps.map((step): Step => {
          if (step.do === 'create-container') return { ...step, request: joined }
          const files = { '/home/agent/.claude/skills': { source: `${workspace}/agent/skills`, digest: 'd' } }
          return step.do === 'create-record' ? { ...step, spec: { ...recordSpec, files } } : step
        }),
        notes: [
          { kind: 'own-covers', paths: ['node_modules'] },
          { kind: 'flags-dropped', flags: ['--clone', '-e TOKEN'] },
        ],
      },
    },
  ],
  'no-change': [{ plan: base, configDigest: '9f3c1a2' }],
  start: [
    {
      plan: {
        ...base,
        action: 'start',
        reason: 'stopped',
        current: { ...current, state: 'exited' },
        steps: [
          { do: 'start', target: old },
          { do: 'await-ready', target: old },
        ],
      },
    },
  ],
  update: [
    {
      plan: {
        ...base,
        action: 'update',
        reason: 'config_changed',
        changes: [
          memoryUp,
          { ...memoryUp, path: '/resources/pids', before: { value: 4096 }, after: { value: 8192 } },
          {
            path: '/env/LOG_LEVEL',
            op: 'change',
            effect: 'next_session',
            origin: 'config',
            before: { value: 'info' },
            after: { value: 'debug' },
          },
          {
            path: '/env/GH_TOKEN',
            op: 'change',
            effect: 'next_session',
            origin: 'config',
            before: { sensitive: 'set' },
            after: { sensitive: 'set' },
          },
          {
            path: '/env/DATABASE_URL',
            op: 'change',
            effect: 'next_session',
            origin: 'config',
            before: { sensitive: 'set' },
            after: { sensitive: 'missing' },
          },
          {
            path: '/secrets/STRIPE_KEY',
            op: 'add',
            effect: 'next_session',
            origin: 'config',
            after: { sensitive: 'set' },
          },
          {
            path: '/env/BANNER',
            op: 'change',
            effect: 'next_session',
            origin: 'config',
            before: { value: 'hello\nthere\nold friend' },
            after: { value: 'hello\nthere\nnew friend' },
          },
          {
            path: '/env/DEBUG',
            op: 'add',
            effect: 'next_session',
            origin: 'config',
            after: { sensitive: 'set' },
            source: { kind: 'flag', flag: '-e' },
          },
        ],
        notes: [
          {
            kind: 'missing-host-value',
            path: '/env/DATABASE_URL',
            what: 'the host variable DATABASE_URL',
            source: at(10),
          },
        ],
        steps: [
          { do: 'update-limits', target: old, limits: recordSpec.resources },
          { do: 'create-record', name: 'sbx-web-3f2a1c-record-11223344', sandbox, spec: recordSpec },
          { do: 'remove-record', name: 'sbx-web-3f2a1c-record-00000000' },
        ],
      },
    },
  ],
  recreate: [
    {
      plan: {
        ...base,
        action: 'recreate',
        reason: 'config_changed',
        unchanged: 8,
        changes: [
          templateUp,
          {
            path: '/mounts/~1models',
            op: 'add',
            effect: 'recreate',
            origin: 'config',
            after: { value: { source: '/home/me/models', readonly: false } },
            source: at(15),
          },
          {
            path: '/setup',
            op: 'change',
            effect: 'recreate',
            origin: 'config',
            before: { value: ['apt-get update', 'npm i -g pnpm'] },
            after: { value: ['apt-get update', 'apt-get install -y postgresql-client', 'npm i -g pnpm'] },
          },
          memoryUp,
        ],
        grants: grants.slice(1, 2),
        steps: recreateSteps,
      },
      risks,
    },
  ],
  'recreate-requested': [
    { plan: { ...base, action: 'recreate', reason: 'requested', unchanged: 14, steps: recreateSteps } },
  ],
  drift: [
    {
      plan: {
        ...base,
        action: 'update',
        reason: 'drifted',
        changes: [
          {
            path: '/resources/memory',
            op: 'change',
            effect: 'live',
            origin: 'drift',
            lastApplied: { value: 8 * 2 ** 30 },
            before: { value: 2 * 2 ** 30 },
            after: { value: 8 * 2 ** 30 },
          },
          {
            path: '/resources/pids',
            op: 'change',
            effect: 'live',
            origin: 'config',
            lastApplied: { value: 4096 },
            before: { value: 8192 },
            after: { value: 8192 },
          },
        ],
        notes: [{ kind: 'tag-moved', reference: 'acme/py:2', from: imageId, to: `sha256:e5f6a7b8${'0'.repeat(56)}` }],
      },
    },
  ],
  'record-gone': [
    {
      plan: {
        ...base,
        action: 'update',
        reason: 'missing',
        changes: (['agent', 'git'] as const).map((key) => ({
          ...{ path: `/${key}`, op: 'add', effect: 'next_session', origin: 'drift' },
          after: { value: recordSpec[key] },
        })),
        unchanged: 9,
      },
    },
  ],
  'drift-of-all-kinds': [
    {
      plan: {
        ...base,
        action: 'update',
        reason: 'config_changed',
        changes: [
          { ...memoryUp, lastApplied: { value: 4 * 2 ** 30 }, before: { value: 2 * 2 ** 30 } },
          { ...memoryUp, path: '/resources/pids', before: { value: 4096 }, after: { value: 8192 } },
          drifted('/restartPolicy', 'live', 'no', 'always'),
          drifted('/swap', 'live', 0, 'unlimited'),
          drifted('/ready', 'live', true, false),
        ],
        ignored: [drifted('/resources/cpus', 'live', 2, 4)],
      },
    },
  ],
  'drift-recreates': [
    {
      plan: {
        ...base,
        action: 'recreate',
        reason: 'drifted',
        changes: [
          drifted('/privileged', 'recreate', false, true),
          drifted('/capabilities', 'recreate', ['CHOWN', 'SETUID'], ['CHOWN', 'SETUID', 'SYS_ADMIN', 'NET_ADMIN']),
          drifted('/network', 'recreate', 'open', 'sbx-open,\u001b[31mweb\u001b[0m'),
        ],
        ignored: [drifted('/resources/cpus', 'live', 2, 4)],
        steps: recreateSteps.slice(1),
      },
    },
  ],
  'drift-ignored': [
    {
      plan: { ...base, ignored: [drifted('/resources/memory', 'live', 8 * 2 ** 30, 2 * 2 ** 30)] },
      configDigest: '9f3c1a2',
    },
  ],
  'not-ready': [
    { plan: { ...base, action: 'update', reason: 'drifted', changes: [drifted('/ready', 'live', true, false)] } },
  ],
  'not-ready-any-more': [
    { plan: { ...base, action: 'update', reason: 'drifted', changes: [drifted('/ready', 'restart', true, false)] } },
  ],
  'not-hidden-any-more': [
    {
      plan: {
        ...base,
        action: 'update',
        reason: 'drifted',
        changes: [
          {
            path: '/hide/.env',
            op: 'change',
            effect: 'restart',
            origin: 'drift',
            before: { value: 'seen' },
            after: { value: 'hidden' },
            lastApplied: { value: 'hidden' },
          },
        ],
        notes: [
          { kind: 'hidden-missing', paths: ['config/keys'], all: ['.env', 'config/keys'] },
          { kind: 'looks-secret', paths: ['.env.production', 'deploy/id_rsa'], all: ['.env', 'config/keys'] },
        ],
      },
    },
  ],
  'drift-and-edit': [
    {
      plan: {
        ...base,
        action: 'recreate',
        reason: 'config_changed',
        changes: [
          templateUp,
          {
            path: '/mounts/~1data',
            op: 'change',
            effect: 'recreate',
            origin: 'drift',
            lastApplied: { value: { source: '/home/me/datasets', readonly: true } },
            before: { value: { source: '/home/me/datasets', readonly: false } },
            after: { value: { source: '/home/me/datasets', readonly: true } },
          },
        ],
        steps: recreateSteps,
      },
    },
  ],
  'folder-made-anew': [
    {
      plan: {
        ...base,
        action: 'update',
        reason: 'drifted',
        changes: [
          {
            path: '/workspace/inode',
            op: 'change',
            effect: 'restart',
            origin: 'drift',
            before: { value: '2049:81:1700000000' },
            after: { value: '2049:99:1700009999' },
          },
        ],
        steps: [
          { do: 'stop', target: old },
          { do: 'start', target: old },
          { do: 'await-ready', target: old },
        ],
      },
    },
  ],
  'what-it-needs-is-gone': [
    {
      plan: {
        ...base,
        action: 'recreate',
        reason: 'drifted',
        current: { ...current, state: 'exited' },
        changes: [
          { path: '/network', op: 'add', effect: 'recreate', origin: 'drift', after: { value: 'open' } },
          {
            path: '/volumes/~1home~1agent',
            op: 'add',
            effect: 'recreate',
            origin: 'drift',
            after: { value: 'sbx-web-3f2a1c-home' },
          },
          {
            path: '/image',
            op: 'change',
            effect: 'recreate',
            origin: 'image',
            before: { value: imageId },
            after: { unknown: true },
          },
        ],
        steps: [
          { do: 'create-volume', name: 'sbx-web-3f2a1c-home', holds: 'home', sandbox },
          ...recreateSteps.slice(1),
        ],
      },
    },
  ],
  orphan: [
    {
      plan: {
        ...base,
        notes: [
          { kind: 'orphan', id: 'web-old-77c1de', displayName: 'web-old', workspace: '/home/me/src/web-old' },
          { kind: 'renamed-from', id: 'site-0a1b2c', displayName: 'site' },
          { kind: 'renamed-from', id: 'web-99aa11', displayName: 'web', agent: 'shell' },
          { kind: 'moved-from', id: 'web-4d5e6f', displayName: 'web', workspace: '/home/me/web' },
          { kind: 'profile-gone', id: 'web-7a8b9c', displayName: 'web', profile: 'review' },
          { kind: 'unfinished-apply', containers: ['sbx-web-3f2a1c-agent-1af9b688'], at: startOfDay + 26 * 60 },
          { kind: 'newer-recipe', what: 'image' },
          {
            kind: 'shared-login',
            agent: 'claude',
            sandboxes: ['api-5d6e7f', 'docs-8a9b0c'],
            instead: 'Give each a token of its own.',
          },
        ],
      },
      configDigest: '9f3c1a2',
    },
  ],
  remove: [
    {
      plan: {
        ...base,
        action: 'remove',
        reason: 'requested',
        unchanged: 0,
        steps: [
          { do: 'stop', target: old },
          { do: 'remove-container', target: old },
          { do: 'remove-record', name: 'sbx-web-3f2a1c-record-00000000' },
          { do: 'remove-volume', name: 'sbx-web-3f2a1c-home' },
          { do: 'remove-image', reference: 'localhost/sbx-web-3f2a1c:5d41402a' },
        ],
      },
      risks: { ...risks, widening: [] },
    },
  ],
}

export const liveContainer: LiveContainer = {
  id: oldId,
  name: current.name,
  sandbox,
  state: 'running',
  createdAt: Date.parse('2026-11-17T11:02:00Z') / 1000,
  spec: containerSpec,
  replaces: null,
  entrypoint: '1',
  recipe: '3',
  imageReference: request.image,
  imageId,
  observed: { ...containerSpec, resources: recordSpec.resources },
  fixed: { applied: {}, observed: {}, isOlder: false },
  readiness: 'ready',
  startedAt: current.startedAt,
  exitCode: 0,
  startable: true,
}
