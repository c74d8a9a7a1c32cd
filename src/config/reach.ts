// What the agent reaches, as one file says it: what of the workspace, which hosts, and through which runtime.

import { posix } from 'node:path'
import type { WorkspaceConfig } from '../model/config.js'
import { pointer, type JsonPointer } from '../model/json.js'
import type { Writable } from './layer.js'
import type { Profile } from './sandbox-file.generated.js'
import { isSound, mark, markAll, report, reportTwice, type Scope } from './scope.js'

export function settleWorkspace(written: Profile['workspace'], from: JsonPointer, scope: Scope): void {
  const { readonly, mode, hide, own } = written ?? {}
  const settled: Writable<WorkspaceConfig> = {}
  const isSaid = (key: string): boolean => isSound(scope, from + pointer(key))
  mark(scope, '/workspace', from)
  if (mode !== undefined && isSaid('mode')) {
    settled.mode = mode
    mark(scope, '/workspace/mode', from + pointer('mode'))
  }
  if (readonly !== undefined && isSaid('readonly')) {
    settled.readonly = readonly
    mark(scope, '/workspace/readonly', from + pointer('readonly'))
  }
  if (hide !== undefined && isSaid('hide')) settled.hide = settlePaths('hide', hide, from + pointer('hide'), scope)
  if (own !== undefined && isSaid('own')) settled.own = settlePaths('own', own, from + pointer('own'), scope)
  scope.draft.config.workspace = settled
}

function settlePaths(
  key: 'hide' | 'own',
  paths: readonly string[],
  from: JsonPointer,
  scope: Scope,
): Record<string, true> {
  const settled: Record<string, true> = {}
  mark(scope, pointer('workspace', key), from)
  for (const [index, written] of paths.entries()) {
    const path = pathInWorkspace(written)
    const place = from + pointer(index)
    // No mapping of JavaScript keeps it as a key.
    if (path === '__proto__') {
      report(scope, place, { wrong: `${path} is a name that cannot be used here.` })
      continue
    }
    if (key === 'own' && /^\.git(?:\/|$)/i.test(path)) {
      report(scope, place, { wrong: 'The git repository is of the workspace itself.' })
      continue
    }
    if (Object.hasOwn(settled, path)) {
      reportTwice(scope, place, `workspace.${key}`, path)
      continue
    }
    settled[path] = true
    mark(scope, pointer('workspace', key, path), place)
  }
  return settled
}

/** Without `./` before it and `/` after it, and without detours. */
export function pathInWorkspace(written: string): string {
  return posix.normalize(written).replace(/\/$/, '')
}

export function settleNetwork(network: Profile['network'], from: JsonPointer, scope: Scope): void {
  if (network === undefined || !isSound(scope, from)) return
  mark(scope, '/network', from)
  if (typeof network === 'string') {
    scope.draft.config.network = network
    return
  }
  const allow: Record<string, true> = {}
  mark(scope, '/network/allow', from + pointer('allow'))
  for (const [index, written] of network.allow.entries()) {
    const place = from + pointer('allow', index)
    const port = /:([0-9]+)$/.exec(written)?.[1]
    if (Number(port ?? 443) > 65535) {
      report(scope, place, { wrong: `${String(port)} is not a port; ports are 1 to 65535.` })
      continue
    }
    const host = `${written.toLowerCase()}${port === undefined ? ':443' : ''}`
    if (Object.hasOwn(allow, host)) {
      reportTwice(scope, place, 'network.allow', host)
      continue
    }
    allow[host] = true
    mark(scope, pointer('network', 'allow', host), place)
  }
  scope.draft.config.network = { allow }
}

export function settleNetworks(networks: Profile['networks'], from: JsonPointer, scope: Scope): void {
  const settled: Record<string, true> = {}
  mark(scope, '/networks', from)
  for (const [index, name] of (networks ?? []).entries()) {
    const place = from + pointer(index)
    if (!isSound(scope, place)) continue
    if (Object.hasOwn(settled, name)) reportTwice(scope, place, 'networks', name)
    else {
      settled[name] = true
      mark(scope, pointer('networks', name), place)
    }
  }
  scope.draft.config.networks = settled
}

export function settleIsolation(isolation: Profile['isolation'], from: JsonPointer, scope: Scope): void {
  if (isolation === undefined || !isSound(scope, from)) return
  scope.draft.config.isolation = isolation === 'gvisor' ? { runtime: 'runsc' } : isolation
  markAll(scope, '/isolation', from)
}
