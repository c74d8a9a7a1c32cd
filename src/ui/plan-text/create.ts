// A sandbox that is not there yet: what it will be, by the words of its file.

import type { Origins } from '../../model/config.js'
import { pointer } from '../../model/json.js'
import { agentHome, loginFolder } from '../../model/names.js'
import type { ContainerRequest, SandboxPlan, Step } from '../../model/plan.js'
import type { ContainerSpec, RecordSpec, SecretSpec, SessionValue } from '../../model/spec.js'
import { escapeControls } from '../characters.js'
import { indented, painted, type Line, type Part } from '../line.js'
import { counted, memoryText, withTilde } from '../quantities.js'
import { tableLines } from '../table.js'
import type { PlanContext, PlannedSandbox } from './context.js'
import { commandText, prepareSteps } from './prepare.js'
import { accessText, stringText, valueText } from './values.js'
import { workspaceSettings } from './workspace.js'

type Setting = { readonly name: string; readonly values: readonly (readonly Part[])[] }

export function createLines(planned: PlannedSandbox, context: PlanContext): Line[] {
  const { plan } = planned
  const request = plan.steps.flatMap((step) => (step.do === 'create-container' ? [step.request] : []))[0]
  const record = plan.steps.flatMap((step) => (step.do === 'create-record' ? [step.spec] : []))[0]
  const settings = [
    ...(request === undefined ? [] : containerSettings(request, planned, context)),
    ...(record === undefined ? [] : recordSettings(record, planned, context)),
    { name: 'prepare', values: prepareSteps(plan).map((step) => [commandText(step)]) },
    { name: 'id, ip', values: [[painted('faint', '(known after apply)')]] },
  ].filter(({ values }) => values.length > 0)
  // The agent is what a reader looks for first, though the record holds it.
  const ordered = [...settings.filter(isAgent), ...settings.filter((setting) => !isAgent(setting))]
  const nameWidth = Math.max(...ordered.map(({ name }) => name.length))
  return indented(
    6,
    ordered.flatMap(({ name, values }) => {
      const cells = tableLines(values, { style: context.style, columns: context.style.columns - nameWidth - 11 })
      return cells.map((line, index): Line =>
        index === 0
          ? [painted('added', '+'), ` ${name.padEnd(nameWidth)}   `, ...line]
          : [' '.repeat(nameWidth + 5), ...line],
      )
    }),
  )
}

function isAgent({ name }: Setting): boolean {
  return name === 'agent'
}

function containerSettings(request: ContainerRequest, planned: PlannedSandbox, context: PlanContext): Setting[] {
  const { plan, origins = {} } = planned
  const { spec } = request
  const template = valueText(spec.template, '/template', context.home)
  const isImage = spec.template.kind === 'image' && template === request.image
  const text = (value: string): string => stringText(value, context.home)
  const ownPaths = Object.keys(spec.own ?? {}).map((path) => `${spec.workspace.path}/${path}`)
  return [
    { name: 'template', values: isImage ? [] : [[template, flagText(origins, 'template')]] },
    { name: 'image', values: [[request.image, painted('faint', imageFate(plan))]] },
    { name: 'setup', values: spec.setup.map((command) => [text(command)]) },
    ...workspaceSettings(spec.workspace, plan, context.home),
    {
      name: 'hidden',
      values: Object.entries(spec.hide ?? {}).map(([path, kind]) => [text(kind === 'folder' ? `${path}/` : path)]),
    },
    ...Object.entries(spec.volumes)
      .filter(([target]) => !ownPaths.includes(target))
      .map(([target, name]) => volumeSetting(plan, target === spec.workspace.path ? 'clone' : target, name)),
    {
      name: 'own',
      values: Object.keys(spec.own ?? {}).map((path) => [
        text(`${path}/`),
        `a volume, ${volumeFate(plan, spec.volumes[`${spec.workspace.path}/${path}`] ?? '')}`,
      ]),
    },
    {
      name: 'mounts',
      values: Object.entries(spec.mounts).map(([target, mount]) => [
        `${text(mount.source)} -> ${text(target)}`,
        accessText(mount.readonly),
        flagText(origins, 'mounts', target),
      ]),
    },
    {
      name: 'socket',
      values: spec.socket === 'none' ? [] : [["the engine's own: root on this machine", flagText(origins, 'socket')]],
    },
    { name: 'credentials', values: credentialsValues(spec.credentials, origins) },
    { name: 'network', values: networkValues(spec.network, plan) },
    { name: 'networks', values: Object.keys(spec.networks ?? {}).map((name) => [text(name)]) },
    { name: 'ssh', values: spec.ssh === undefined ? [] : [['your ssh agent: every key in it can be used']] },
    { name: 'isolation', values: spec.isolation === undefined ? [] : [[isolationText(spec.isolation)]] },
    { name: 'sudo', values: spec.sudo === false ? [['no']] : [] },
    {
      name: 'ports',
      values: Object.entries(spec.ports).map(([port, published]) => [
        `${valueText(published, pointer('ports', port), context.home)} -> ${port}`,
      ]),
    },
  ]
}

/** The open network by what it is: a list of hosts beside it is what it could be instead. */
function networkValues(network: ContainerSpec['network'], { steps }: SandboxPlan): (readonly Part[])[] {
  if (network === 'none') return [['none']]
  if (network === 'open') return [["open: internet, local network, this host's ports"]]
  const request = steps.flatMap((step) => (step.do === 'create-proxy' ? [step.request] : []))[0]
  if (request === undefined) return [['limited: through the proxy that is there']]
  const hosts = Object.keys(request.spec.allow).sort()
  const agentHosts = [...request.agentHosts].sort()
  return [
    [`limited: ${counted(hosts.length + agentHosts.length, 'host')} through a proxy`],
    ...hosts.map((host) => [escapeControls(host)]),
    ...agentHosts.map((host) => [host, painted('faint', "agent's own")]),
  ]
}

function isolationText(runtime: string): string {
  return runtime === 'runsc' ? 'gvisor (runtime runsc)' : `runtime ${runtime}`
}

/** In mode `sandbox` the login volume says it already. */
function credentialsValues(credentials: ContainerSpec['credentials'], origins: Origins): (readonly Part[])[] {
  switch (credentials) {
    case 'sandbox':
      return []
    case 'none':
      return [['none', flagText(origins, 'credentials')]]
    case 'host':
      return [["this machine's own login, given at attach", flagText(origins, 'credentials')]]
  }
}

function imageFate(plan: SandboxPlan): string {
  const made = plan.steps.findLast(isImageStep)
  return made === undefined ? '' : made.do === 'pull-image' ? '(to be pulled)' : '(to be built)'
}

function isImageStep(step: Step): step is Extract<Step, { do: 'pull-image' | 'build-image' }> {
  return step.do === 'pull-image' || step.do === 'build-image'
}

function volumeSetting(plan: SandboxPlan, target: string, name: string): Setting {
  const fate = volumeFate(plan, name)
  switch (target) {
    case agentHome:
      return { name: 'home', values: [[`volume ${name}`, fate]] }
    case loginFolder:
      return { name: 'login', values: [[`volume ${name}`, 'shared']] }
    default:
      return { name: target, values: [[`volume ${name}`, fate]] }
  }
}

function volumeFate({ steps }: SandboxPlan, name: string): string {
  const isNew = steps.some((step) => step.do === 'create-volume' && step.name === name)
  return isNew ? 'new; kept in recreates' : 'there already'
}

function recordSettings(record: RecordSpec, planned: PlannedSandbox, context: PlanContext): Setting[] {
  const { agentVersion, origins = {} } = planned
  const { agent, git, resources } = record
  return [
    {
      name: 'agent',
      values: [
        [
          [agent.name, agentVersion ?? ''].filter((part) => part !== '').join(' '),
          agent.args.map((argument) => stringText(argument, context.home)).join(' '),
          agent.autonomy === 'ask' ? 'asks before it acts' : '',
        ].filter((part) => part !== ''),
      ],
    },
    {
      name: 'files',
      values: Object.entries(record.files ?? {}).map(([target, { source }]) => [
        `${stringText(source, context.home)} -> ${stringText(target, context.home)}`,
      ]),
    },
    {
      name: 'env',
      values: Object.entries(record.env).map(([name, value]) => [
        name,
        `= ${sessionValueText(value, context.home)}`,
        flagText(origins, 'env', name),
      ]),
    },
    {
      name: 'env files',
      values: Object.entries(record.envFile).map(([path, file]) => [
        withTilde(path, context.home),
        file.values === null ? missing(file.optional) : Object.keys(file.values).join(', '),
      ]),
    },
    {
      name: 'secrets',
      values: Object.entries(record.secrets).map(([name, secret]) => [name, `= ${secretText(secret)}`]),
    },
    { name: 'git', values: git === null ? [] : [[`${git.name ?? '(no name)'} <${git.email ?? 'no email'}>`]] },
    {
      name: 'resources',
      values: [
        [
          [
            resources.memory === undefined ? 'memory not limited' : `${memoryText(resources.memory)} memory`,
            resources.cpus === undefined ? 'cpus not limited' : `${resources.cpus} cpus`,
            `${resources.pids} pids`,
          ].join(', '),
        ],
      ],
    },
  ]
}

function sessionValueText(value: SessionValue, home: string): string {
  switch (value.from) {
    case 'file':
      return stringText(value.value, home)
    case 'host':
      return value.digest === null ? missing(false) : '(from this machine, set)'
    case 'flag':
      return '(set by a flag)'
  }
}

function secretText(secret: SecretSpec): string {
  return secret.digest === null ? missing(false) : '(given at attach, not stored)'
}

function missing(isOptional: boolean): string {
  return isOptional ? '(not there; optional)' : '(missing on this machine)'
}

/** By the nearest that is known: an origin is of a value or of a mapping around it. */
function flagText(origins: Origins, ...path: readonly string[]): Part {
  const lengths = path.map((_, index) => path.length - index)
  const origin = lengths.map((length) => origins[pointer(...path.slice(0, length))]).find((each) => each !== undefined)
  return origin?.kind === 'flag' ? painted('faint', `(${origin.flag})`) : ''
}
