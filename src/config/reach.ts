// What the agent reaches, as one file says it: what of the workspace, which hosts, and through which runtime.

import { posix } from 'node:path'
import { pointer, type JsonPointer } from '../model/json.js'
import type { Profile } from './sandbox-file.generated.js'
import { isSound, mark, markAll, report, reportTwice, type Scope } from './scope.js'

export function settleWorkspace(written: Profile['workspace'], from: JsonPointer, scope: Scope): void {
  const { readonly, hide } = written ?? {}
  const settled: { readonly?: boolean; hide?: Record<string, true> } = {}
  mark(scope, '/workspace', from)
  if (readonly !== undefined && isSound(scope, from + pointer('readonly'))) {
    settled.readonly = readonly
    mark(scope, '/workspace/readonly', from + pointer('readonly'))
  }
  if (hide !== undefined && isSound(scope, from + pointer('hide'))) {
    settled.hide = settleHidden(hide, from + pointer('hide'), scope)
  }
  scope.draft.config.workspace = settled
}

function settleHidden(paths: readonly string[], from: JsonPointer, scope: Scope): Record<string, true> {
  const settled: Record<string, true> = {}
  mark(scope, '/workspace/hide', from)
  for (const [index, written] of paths.entries()) {
    const path = posix.normalize(written).replace(/\/$/, '')
    const place = from + pointer(index)
    // No mapping of JavaScript keeps it as a key.
    if (path === '__proto__') {
      report(scope, place, { wrong: `${path} is a name that cannot be hidden.` })
      continue
    }
    if (Object.hasOwn(settled, path)) {
      reportTwice(scope, place, 'workspace.hide', path)
      continue
    }
    settled[path] = true
    mark(scope, pointer('workspace', 'hide', path), place)
  }
  return settled
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

export function settleIsolation(isolation: Profile['isolation'], from: JsonPointer, scope: Scope): void {
  if (isolation === undefined || !isSound(scope, from)) return
  scope.draft.config.isolation = isolation === 'gvisor' ? { runtime: 'runsc' } : isolation
  markAll(scope, '/isolation', from)
}
