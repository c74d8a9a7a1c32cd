// What sbx decides for every sandbox alike: said once, for the create call; read back from what an engine shows; and
// kept in a label, so that what is compared is what this container was made with and not what this sbx would make.

import { canonicalJson, type JsonValue } from '../../model/json.js'
import { fixedSettingNames, type FixedSettingName, type FixedSettings } from '../../model/fixed-settings.js'
import { digest } from '../../model/names.js'
import type { EngineFacts } from '../connection/facts.js'

/** Of every create body; the rest of it is the sandbox's own. */
export const everySandbox = {
  User: '0:0',
  StopSignal: 'SIGTERM',
  Healthcheck: { Test: ['NONE'] },
  HostConfig: {
    Init: true,
    RestartPolicy: { Name: 'no' },
    CapDrop: ['ALL'],
    /** What sudo, apt and git need. */
    CapAdd: [
      'AUDIT_WRITE',
      'CHOWN',
      'DAC_OVERRIDE',
      'FOWNER',
      'FSETID',
      'KILL',
      'NET_BIND_SERVICE',
      'SETGID',
      'SETUID',
    ],
  },
}

/** Of containers that an sbx made before it labelled them. Whatever a later one decides, this stays as it is. */
const ofUnlabelled: FixedSettings = {
  ...{ autoRemove: false, init: true, privileged: false, publishAllPorts: false, readonlyRoot: false },
  ...{ cpuShares: 1024, cpuset: 'all', memoryReservation: null },
  ...{ devices: [], dns: [], extraHosts: [], groups: [], securityOptions: [], sysctls: {}, volumesFrom: [] },
  ...{ ipcMode: 'private', pidMode: 'private', utsMode: 'private', userNamespace: "the engine's" },
  ...{ healthcheck: 'NONE', restartPolicy: 'no', stopSignal: 'SIGTERM', systemPaths: 'masked', user: '0:0' },
  capabilities: [
    'AUDIT_WRITE',
    'CHOWN',
    'DAC_OVERRIDE',
    'FOWNER',
    'FSETID',
    'KILL',
    'NET_BIND_SERVICE',
    'SETGID',
    'SETUID',
  ],
}

type Texts = readonly string[] | null | undefined

/** Of a create body, which is flat, and of `GET /containers/{id}/json`, what is read here. */
export type Made = {
  readonly Config: {
    readonly Image?: string | undefined
    readonly User?: string | undefined
    readonly WorkingDir?: string | undefined
    readonly Entrypoint?: string | Texts
    readonly Cmd?: Texts
    readonly StopSignal?: string | undefined
    readonly Healthcheck?: { readonly Test?: Texts } | null | undefined
  }
  readonly HostConfig: {
    readonly AutoRemove?: boolean | undefined
    readonly CapAdd?: Texts
    readonly CapDrop?: Texts
    readonly CpuShares?: number | undefined
    readonly CpusetCpus?: string | undefined
    readonly CpusetMems?: string | undefined
    readonly DeviceCgroupRules?: Texts
    readonly DeviceRequests?: readonly object[] | null | undefined
    readonly Devices?: readonly object[] | null | undefined
    readonly Dns?: Texts
    readonly DnsOptions?: Texts
    readonly DnsSearch?: Texts
    readonly ExtraHosts?: string | Texts
    readonly GroupAdd?: Texts
    readonly Init?: boolean | null | undefined
    readonly IpcMode?: string | undefined
    readonly MaskedPaths?: Texts
    readonly Memory?: number | undefined
    readonly MemoryReservation?: number | undefined
    readonly MemorySwap?: number | undefined
    readonly PidMode?: string | undefined
    readonly Privileged?: boolean | undefined
    readonly PublishAllPorts?: boolean | undefined
    readonly ReadonlyPaths?: Texts
    readonly ReadonlyRootfs?: boolean | undefined
    readonly RestartPolicy?:
      { readonly Name?: string | undefined; readonly MaximumRetryCount?: number | undefined } | null | undefined
    readonly Runtime?: string | undefined
    readonly SecurityOpt?: Texts
    readonly Sysctls?: Readonly<Record<string, string>> | null | undefined
    readonly UTSMode?: string | undefined
    readonly UsernsMode?: string | undefined
    readonly VolumesFrom?: Texts
  }
}

/** Undefined where it cannot be told. What an engine fills in where nothing was asked for reads as nothing. */
const readers: Readonly<Record<FixedSettingName, (made: Made) => JsonValue | undefined>> = {
  autoRemove: ({ HostConfig }) => HostConfig.AutoRemove === true,
  capabilities: capabilitiesOf,
  // The weight of a container that has none.
  cpuShares: ({ HostConfig }) => HostConfig.CpuShares || 1024,
  cpuset: ({ HostConfig: { CpusetCpus, CpusetMems } }) =>
    [...(CpusetCpus ? [`processors ${CpusetCpus}`] : []), ...(CpusetMems ? [`memory ${CpusetMems}`] : [])].join(', ') ||
    'all',
  devices: ({ HostConfig: { Devices, DeviceRequests, DeviceCgroupRules } }) =>
    sorted(
      [...(Devices ?? []), ...(DeviceRequests ?? [])]
        .map((each) => JSON.stringify(each))
        .concat(list(DeviceCgroupRules)),
    ),
  dns: ({ HostConfig: { Dns, DnsSearch, DnsOptions } }) => [...list(Dns), ...list(DnsSearch), ...list(DnsOptions)],
  entrypoint: ({ Config }) => digest([list(Config.Entrypoint), list(Config.Cmd)], 8),
  extraHosts: ({ HostConfig }) => sorted(list(HostConfig.ExtraHosts)),
  groups: ({ HostConfig }) => sorted(list(HostConfig.GroupAdd)),
  healthcheck: ({ Config }) => list(Config.Healthcheck?.Test).join(' ') || "the image's",
  image: ({ Config }) => Config.Image,
  init: ({ HostConfig }) => HostConfig.Init === true,
  ipcMode: ({ HostConfig }) => ownUnlessSaid(HostConfig.IpcMode),
  memoryReservation: ({ HostConfig }) => HostConfig.MemoryReservation || null,
  pidMode: ({ HostConfig }) => ownUnlessSaid(HostConfig.PidMode),
  privileged: ({ HostConfig }) => HostConfig.Privileged === true,
  publishAllPorts: ({ HostConfig }) => HostConfig.PublishAllPorts === true,
  readonlyRoot: ({ HostConfig }) => HostConfig.ReadonlyRootfs === true,
  restartPolicy: restartPolicyOf,
  runtime: ({ HostConfig }) => HostConfig.Runtime || undefined,
  securityOptions: ({ HostConfig }) => sorted(list(HostConfig.SecurityOpt)),
  stopSignal: ({ Config }) => Config.StopSignal || "the image's",
  swap: swapOf,
  sysctls: ({ HostConfig }) => HostConfig.Sysctls ?? {},
  // An engine lists the paths that it hides; whoever asks it to hide none says so with an empty list.
  systemPaths: ({ HostConfig: { MaskedPaths, ReadonlyPaths } }) =>
    MaskedPaths?.length === 0 || ReadonlyPaths?.length === 0 ? 'open' : 'masked',
  user: ({ Config }) => Config.User,
  userNamespace: ({ HostConfig }) => HostConfig.UsernsMode || "the engine's",
  utsMode: ({ HostConfig }) => ownUnlessSaid(HostConfig.UTSMode),
  volumesFrom: ({ HostConfig }) => sorted(list(HostConfig.VolumesFrom)),
  workingFolder: ({ Config }) => Config.WorkingDir,
}

export function readSettings(made: Made): FixedSettings {
  return Object.fromEntries(
    fixedSettingNames.flatMap((name) => {
      const value = readers[name](made)
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** What a label says of a container about to be made: its body, and what this engine adds where the body is silent. */
export function settingsLabel(body: Made['Config'] & Pick<Made, 'HostConfig'>, facts: EngineFacts): string {
  const { DefaultRuntime: runtime, SwapLimit: canLimitSwap } = facts
  return canonicalJson({
    ...(runtime ? { runtime } : {}),
    ...readSettings({ Config: body, HostConfig: body.HostConfig }),
    // One that cannot says of every container with a limit of memory that its swap has none.
    ...(canLimitSwap === true ? { swap: 0 } : {}),
  })
}

/** What a container was made with, by its label; what the label has and this sbx cannot read is left out. */
export function labelledSettings(label: string | undefined): FixedSettings {
  const known = parsed(label)
  if (known === null) return ofUnlabelled
  return Object.fromEntries(
    Object.entries(known).filter(([name]) => (fixedSettingNames as readonly string[]).includes(name)),
  )
}

/** Whether this sbx decides something otherwise than the one that made the container did. */
export function isOlderThanThis(applied: FixedSettings): boolean {
  const { HostConfig, ...Config } = everySandbox
  const now = readSettings({ Config, HostConfig })
  const perSandbox: readonly FixedSettingName[] = [
    ...(['dns', 'entrypoint', 'image', 'runtime', 'securityOptions', 'swap', 'workingFolder'] as const),
  ]
  return fixedSettingNames.some(
    (name) => !perSandbox.includes(name) && canonicalJson(now[name] ?? null) !== canonicalJson(applied[name] ?? null),
  )
}

function parsed(label: string | undefined): FixedSettings | null {
  if (label === undefined) return null
  try {
    const value: unknown = JSON.parse(label)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null
  } catch (error) {
    if (error instanceof SyntaxError) return null // not written by sbx
    throw error
  }
}

/** Names without the prefix that newer engines give them. Beside those added, whatever an engine gives unasked. */
function capabilitiesOf({ HostConfig: { CapAdd, CapDrop } }: Made): JsonValue {
  const [added, dropped] = [CapAdd, CapDrop].map((names) =>
    sorted(list(names).map((name) => name.toUpperCase().replace(/^CAP_/, ''))),
  ) as [string[], string[]]
  if (dropped.includes('ALL')) return added
  return ["the engine's", ...added, ...dropped.map((name) => `without ${name}`)]
}

function restartPolicyOf({ HostConfig: { RestartPolicy } }: Made): JsonValue {
  const { Name: name = '', MaximumRetryCount: retries = 0 } = RestartPolicy ?? {}
  return retries > 0 ? `${name}:${String(retries)}` : name || 'no'
}

/** Beside a limited memory, in bytes. */
function swapOf({ HostConfig: { Memory = 0, MemorySwap = 0 } }: Made): JsonValue | undefined {
  if (Memory <= 0 || MemorySwap === 0) return undefined
  return MemorySwap < 0 ? 'unlimited' : MemorySwap - Memory
}

function ownUnlessSaid(mode: string | undefined): string {
  return mode === undefined || ['', 'private', 'shareable'].includes(mode) ? 'private' : mode
}

function list(texts: string | Texts): readonly string[] {
  return typeof texts === 'string' ? [texts] : (texts ?? [])
}

function sorted(texts: readonly string[]): string[] {
  return [...texts].sort()
}
