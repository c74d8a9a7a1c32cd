// What sbx decides for every sandbox alike. No file can say it, so it is in no spec; what it was for a container is in a
// label of its own, and a newer sbx that decides otherwise recreates nothing.

import type { JsonValue } from './json.js'

/** As a plan shows them, and as `lifecycle.ignoreDrift` names them. */
export const fixedSettingNames = [
  'autoRemove',
  'capabilities',
  'cpuShares',
  'cpuset',
  'devices',
  'dns',
  'entrypoint',
  'extraHosts',
  'groups',
  'healthcheck',
  'image',
  'init',
  'ipcMode',
  'memoryReservation',
  'pidMode',
  'privileged',
  'publishAllPorts',
  'readonlyRoot',
  'restartPolicy',
  'runtime',
  'securityOptions',
  'stopSignal',
  'swap',
  'sysctls',
  'systemPaths',
  'user',
  'userNamespace',
  'utsMode',
  'volumesFrom',
  'workingFolder',
] as const

export type FixedSettingName = (typeof fixedSettingNames)[number]

/** One that is absent is not known, and compared with nothing. */
export type FixedSettings = Readonly<Partial<Record<FixedSettingName, JsonValue>>>

/** Those that an engine changes while a container runs. */
export const settableInPlace = ['restartPolicy', 'swap'] as const satisfies readonly FixedSettingName[]
