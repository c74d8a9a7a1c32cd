// Whether an answer of the engine has the shape that is counted on. What is not is refused where it comes in: behind that
// nobody looks again. Only what is read is looked at, and what an engine may leave out may be left out.

import type Docker from 'dockerode'
import { DiagnosticError } from '../../model/diagnostic.js'
import {
  type Check,
  either,
  isBoolean,
  isEpochTime,
  isNumber,
  isString,
  listOf,
  nullable,
  optional,
  recordOf,
  shape,
} from './shape.js'
import { isTime } from './times.js'

const maybe = (check: Check): Check => optional(nullable(check))
const anything: Check = () => true

const texts = maybe(listOf(isString))
const textByName = maybe(recordOf(isString))
const networks = maybe(shape({ Networks: maybe(recordOf(maybe(shape({ NetworkID: maybe(isString) })))) }))

const listedMount = shape({ Type: isString, Destination: isString, Source: maybe(isString), Name: maybe(isString) })
const listedPort = shape({ PrivatePort: isNumber, PublicPort: maybe(isNumber), Type: isString, IP: maybe(isString) })

const listedContainer = shape({
  ...{
    Id: isString,
    Names: listOf(isString),
    Image: isString,
    ImageID: isString,
    State: isString,
    Created: isEpochTime,
  },
  ...{ Labels: textByName, Mounts: maybe(listOf(listedMount)), Ports: maybe(listOf(listedPort)) },
  ...{ NetworkSettings: networks, HostConfig: maybe(shape({ NetworkMode: maybe(isString) })) },
})

const hostConfig = shape({
  Binds: texts,
  Mounts: maybe(
    listOf(shape({ Type: isString, Target: isString, Source: maybe(isString), ReadOnly: maybe(isBoolean) })),
  ),
  Tmpfs: textByName,
  NetworkMode: maybe(isString),
  PortBindings: maybe(recordOf(maybe(listOf(shape({ HostIp: maybe(isString), HostPort: maybe(isString) }))))),
  ...Object.fromEntries(
    [
      ...['CpuPeriod', 'CpuQuota', 'CpuShares', 'Memory', 'MemoryReservation', 'MemorySwap', 'NanoCpus', 'PidsLimit'],
    ].map((name) => [name, maybe(isNumber)]),
  ),
  ...Object.fromEntries(
    ['CpusetCpus', 'CpusetMems', 'IpcMode', 'PidMode', 'Runtime', 'UTSMode', 'UsernsMode'].map((name) => [
      name,
      maybe(isString),
    ]),
  ),
  ...Object.fromEntries(
    [
      ...['CapAdd', 'CapDrop', 'DeviceCgroupRules', 'Dns', 'DnsOptions', 'DnsSearch', 'GroupAdd', 'MaskedPaths'],
      ...['ReadonlyPaths', 'SecurityOpt', 'VolumesFrom'],
    ].map((name) => [name, texts]),
  ),
  ExtraHosts: maybe(either(isString, listOf(isString))),
  Devices: maybe(listOf(anything)),
  DeviceRequests: maybe(listOf(anything)),
  RestartPolicy: maybe(shape({ Name: maybe(isString), MaximumRetryCount: maybe(isNumber) })),
  Sysctls: textByName,
})

const containerConfig = shape({
  ...{ Image: maybe(isString), User: maybe(isString), WorkingDir: maybe(isString), StopSignal: maybe(isString) },
  ...{ Entrypoint: maybe(either(isString, listOf(isString))), Cmd: texts, Env: texts, Labels: textByName },
  Healthcheck: maybe(shape({ Test: texts })),
})

const isTimeText: Check = (value) => typeof value === 'string' && isTime(value)
const state = { Status: isString, Running: isBoolean, ExitCode: isNumber }

const container = shape({
  ...{ Id: isString, Name: isString, HostConfig: hostConfig, Config: containerConfig, NetworkSettings: networks },
  State: either(
    shape({ ...state, StartedAt: isTimeText, FinishedAt: isTimeText }),
    shape({ ...state, Running: (value) => value === false, StartedAt: isString, FinishedAt: isString }),
  ),
  ExecIDs: texts,
  Mounts: maybe(listOf(listedMount)),
})

const listedVolume = shape({ Name: isString, Labels: textByName, CreatedAt: maybe(isString) })
const listedImage = shape({ Id: isString, RepoTags: texts, RepoDigests: texts, Labels: textByName })

const network = shape({
  ...{ Id: isString, Name: isString, Labels: textByName, Options: textByName },
  IPAM: maybe(shape({ Config: maybe(listOf(shape({ Subnet: maybe(isString), Gateway: maybe(isString) }))) })),
  Containers: maybe(recordOf(shape({ Name: maybe(isString) }))),
})

const countedCpu = maybe(
  shape({
    cpu_usage: maybe(shape({ total_usage: maybe(isNumber), percpu_usage: maybe(listOf(isNumber)) })),
    ...{ system_cpu_usage: maybe(isNumber), online_cpus: maybe(isNumber) },
  }),
)

const stats = shape({
  ...{ read: maybe(isString), cpu_stats: countedCpu, precpu_stats: countedCpu },
  memory_stats: maybe(shape({ usage: maybe(isNumber), limit: maybe(isNumber), stats: maybe(recordOf(isNumber)) })),
  pids_stats: maybe(shape({ current: maybe(isNumber), limit: maybe(isNumber) })),
  networks: maybe(recordOf(shape({ rx_bytes: maybe(isNumber), tx_bytes: maybe(isNumber) }))),
})

const answers: readonly { readonly to: RegExp; readonly check: Check }[] = [
  { to: /^POST \/((containers|networks)\/create|containers\/[^/]+\/exec|commit)$/, check: shape({ Id: isString }) },
  { to: /^GET \/containers\/json$/, check: listOf(listedContainer) },
  { to: /^GET \/containers\/[^/]+\/json$/, check: container },
  { to: /^GET \/containers\/[^/]+\/top$/, check: shape({ Processes: maybe(listOf(listOf(isString))) }) },
  { to: /^GET \/containers\/[^/]+\/stats$/, check: stats },
  {
    to: /^GET \/exec\/[^/]+\/json$/,
    check: shape({
      ...{ Running: isBoolean, ExitCode: maybe(isNumber) },
      ProcessConfig: maybe(shape({ entrypoint: maybe(isString), arguments: texts })),
    }),
  },
  { to: /^GET \/volumes$/, check: shape({ Volumes: maybe(listOf(listedVolume)) }) },
  { to: /^GET \/volumes\/[^/]+$/, check: listedVolume },
  { to: /^GET \/images\/json$/, check: listOf(listedImage) },
  { to: /^GET \/images\/.+\/json$/, check: shape({ Id: isString, RepoTags: texts, RepoDigests: texts }) },
  { to: /^GET \/networks$/, check: listOf(network) },
  { to: /^GET \/networks\/[^/]+$/, check: network },
  {
    to: /^GET \/info$/,
    check: shape({
      ...{ ID: maybe(isString), MemTotal: maybe(isNumber), DefaultRuntime: maybe(isString), SecurityOptions: texts },
      ...{ MemoryLimit: maybe(isBoolean), CpuCfsQuota: maybe(isBoolean), SwapLimit: maybe(isBoolean) },
      Runtimes: maybe(recordOf(anything)),
    }),
  },
  {
    to: /^GET \/version$/,
    check: shape({ Version: isString, Components: maybe(listOf(shape({ Name: isString }))) }),
  },
]

export type ChangeList = readonly { readonly Path: string; readonly Kind: number }[] | null

const changeList = nullable(listOf(shape({ Path: isString, Kind: isNumber })))

/** Of `GET /containers/{id}/changes`, which comes as a stream, so that whoever has read it asks. */
export function isChangeList(answer: unknown): answer is ChangeList {
  return changeList(answer)
}

/** Of `GET /containers/{id}/stats`; of one that does not run most of it is missing. */
export type Stats = {
  readonly read?: string | null
  readonly cpu_stats?: CpuStats | null
  readonly precpu_stats?: CpuStats | null
  readonly memory_stats?: {
    readonly usage?: number | null
    readonly limit?: number | null
    readonly stats?: Readonly<Record<string, number>> | null
  } | null
  readonly pids_stats?: { readonly current?: number | null; readonly limit?: number | null } | null
  readonly networks?: Readonly<
    Record<string, { readonly rx_bytes?: number | null; readonly tx_bytes?: number | null }>
  > | null
}

type CpuStats = {
  readonly cpu_usage?: {
    readonly total_usage?: number | null
    readonly percpu_usage?: readonly number[] | null
  } | null
  readonly system_cpu_usage?: number | null
  readonly online_cpus?: number | null
}

/** Of the stream that `GET /containers/{id}/stats` can be, whoever reads it asks. */
export function isStats(answer: unknown): answer is Stats {
  return stats(answer)
}

type Dialled = { readonly path: string; readonly method: string; readonly isStream?: boolean }
type Dial = (options: Dialled, done: (error: unknown, answer?: unknown) => void) => void

/** Has every answer that is read as a whole looked at. */
export function checkAnswers(docker: Docker, endpoint: string): void {
  const modem = docker.modem as { dial: Dial }
  const dial = modem.dial.bind(modem)
  modem.dial = (options, done) => {
    // Dockerode puts what it asks with behind the path later on.
    const asked = `${options.method} ${options.path.split('?', 1)[0] ?? ''}`
    const known = options.isStream === true ? undefined : answers.find(({ to }) => to.test(asked))
    dial(options, (error, answer) => {
      const isWrong = (error === null || error === undefined) && known?.check(answer) === false
      done(isWrong ? noEngine(endpoint, asked) : error, answer)
    })
  }
}

export function noEngine(endpoint: string, asked: string): DiagnosticError {
  const detail = `At ${endpoint} something answers, but to ${asked} not as an engine does. Name another with --host.`
  return new DiagnosticError(
    [{ severity: 'error', code: 'engine/no-engine', summary: 'What answers is no container engine', detail }],
    'unreachable',
  )
}
