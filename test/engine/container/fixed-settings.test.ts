import { expect, test } from 'vitest'
import {
  everySandbox,
  isOlderThanThis,
  labelledSettings,
  readSettings,
  settingsLabel,
  type Made,
} from '../../../src/engine/container/fixed-settings.js'
import type { FixedSettings } from '../../../src/model/fixed-settings.js'

const { HostConfig, ...Config } = everySandbox
const body = {
  ...Config,
  Image: 'acme/agent:1',
  WorkingDir: '/src/web',
  Entrypoint: ['/bin/sh'],
  Cmd: ['x'],
  HostConfig,
}

/** What an engine shows of it, in its own words. */
function shown(change: { Config?: Made['Config']; HostConfig?: Made['HostConfig'] } = {}): Made {
  return {
    Config: {
      ...Config,
      Image: 'acme/agent:1',
      WorkingDir: '/src/web',
      Entrypoint: ['/bin/sh'],
      Cmd: ['x'],
      ...change.Config,
    },
    HostConfig: {
      ...HostConfig,
      CapAdd: [...HostConfig.CapAdd].reverse().map((name) => `CAP_${name}`),
      RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
      ...{ IpcMode: 'private', PidMode: '', UTSMode: '', UsernsMode: '', Runtime: 'runc' },
      ...{ SecurityOpt: null, Devices: null, Dns: [], Sysctls: null, MaskedPaths: ['/proc/kcore'], CpuShares: 0 },
      ...{ Privileged: false, AutoRemove: false, MemoryReservation: 0, CpusetCpus: '' },
      ...change.HostConfig,
    },
  }
}

/** Names of what is not as it was applied. */
function drifted(applied: FixedSettings, made: Made): string[] {
  const observed = readSettings(made)
  return Object.entries(applied).flatMap(([name, value]) =>
    JSON.stringify(observed[name as keyof FixedSettings]) === JSON.stringify(value) ? [] : [name],
  )
}

test('what was created comes back as it was asked for, in whatever words the engine has it', () => {
  const applied = labelledSettings(settingsLabel(body, { DefaultRuntime: 'runc' }))
  expect(applied).toMatchObject({ image: 'acme/agent:1', runtime: 'runc', user: '0:0', workingFolder: '/src/web' })
  expect(drifted(applied, shown())).toEqual([])
})

test.each<readonly [string, Parameters<typeof shown>[0]]>([
  ['autoRemove', { HostConfig: { AutoRemove: true } }],
  ['capabilities', { HostConfig: { CapAdd: ['ALL'] } }],
  ['capabilities', { HostConfig: { CapDrop: null } }],
  ['cpuShares', { HostConfig: { CpuShares: 2 } }],
  ['cpuset', { HostConfig: { CpusetCpus: '0' } }],
  ['devices', { HostConfig: { Devices: [{ PathOnHost: '/dev/kvm' }] } }],
  ['devices', { HostConfig: { DeviceRequests: [{ Driver: 'nvidia' }] } }],
  ['dns', { HostConfig: { Dns: ['10.0.0.1'] } }],
  ['entrypoint', { Config: { Entrypoint: ['/bin/bash'] } }],
  ['entrypoint', { Config: { Cmd: ['y'] } }],
  ['extraHosts', { HostConfig: { ExtraHosts: ['api:10.0.0.1'] } }],
  ['groups', { HostConfig: { GroupAdd: ['docker'] } }],
  ['healthcheck', { Config: { Healthcheck: { Test: ['CMD', 'true'] } } }],
  ['image', { Config: { Image: 'acme/agent:2' } }],
  ['init', { HostConfig: { Init: null } }],
  ['ipcMode', { HostConfig: { IpcMode: 'host' } }],
  ['memoryReservation', { HostConfig: { MemoryReservation: 5 } }],
  ['pidMode', { HostConfig: { PidMode: 'host' } }],
  ['privileged', { HostConfig: { Privileged: true } }],
  ['publishAllPorts', { HostConfig: { PublishAllPorts: true } }],
  ['readonlyRoot', { HostConfig: { ReadonlyRootfs: true } }],
  ['restartPolicy', { HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 } } }],
  ['runtime', { HostConfig: { Runtime: 'runsc' } }],
  ['securityOptions', { HostConfig: { SecurityOpt: ['apparmor=unconfined'] } }],
  ['stopSignal', { Config: { StopSignal: 'SIGKILL' } }],
  ['sysctls', { HostConfig: { Sysctls: { 'net.ipv4.ip_forward': '1' } } }],
  ['systemPaths', { HostConfig: { MaskedPaths: [] } }],
  ['user', { Config: { User: '1000' } }],
  ['userNamespace', { HostConfig: { UsernsMode: 'host' } }],
  ['utsMode', { HostConfig: { UTSMode: 'host' } }],
  ['volumesFrom', { HostConfig: { VolumesFrom: ['other'] } }],
  ['workingFolder', { Config: { WorkingDir: '/' } }],
])('another hand on %s is seen', (name, change) => {
  const applied = labelledSettings(settingsLabel(body, { DefaultRuntime: 'runc' }))
  expect(drifted(applied, shown(change))).toEqual([name])
})

test('swap is compared where memory is limited and the engine can limit swap', () => {
  const limited = (MemorySwap: number) => readSettings(shown({ HostConfig: { Memory: 100, MemorySwap } })).swap
  expect([limited(100), limited(300), limited(-1)]).toEqual([0, 200, 'unlimited'])
  expect(readSettings(shown()).swap).toBeUndefined()
  const labelled = (SwapLimit?: boolean) =>
    labelledSettings(settingsLabel(body, SwapLimit === undefined ? {} : { SwapLimit })).swap
  expect([labelled(true), labelled(false), labelled()]).toEqual([0, undefined, undefined])
})

test('a container without the label is what those before it were, which this sbx still makes', () => {
  const applied = labelledSettings(undefined)
  expect(drifted(applied, shown())).toEqual([])
  expect(isOlderThanThis(applied)).toBe(false)
  expect(Object.keys(applied)).not.toEqual(expect.arrayContaining(['runtime']))
})

test('a container of an sbx that decided otherwise is as it was made, and older', () => {
  const applied = labelledSettings(JSON.stringify({ user: '0:0', init: false, aKeyOfLater: true }))
  expect(applied).toEqual({ user: '0:0', init: false })
  expect(isOlderThanThis(applied)).toBe(true)
  expect(drifted(applied, shown({ HostConfig: { Init: false } }))).toEqual([])
})

test.each(['', 'no json', '[]', '"text"', 'null'])('a label that says %j says nothing', (label) => {
  expect(labelledSettings(label)).toEqual(labelledSettings(undefined))
})
