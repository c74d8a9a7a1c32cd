// Networks of the engine that a sandbox joins. Whether they are there only the engine knows.

import type { Config, Origins } from '../model/config.js'
import type { Diagnostic } from '../model/diagnostic.js'
import { pointer } from '../model/json.js'
import { namePrefix, openNetworkName, type Scope } from '../model/names.js'
import type { ContainerSpec } from '../model/spec.js'
import { diagnosticAt } from './origins.js'

export function resolveNetworks(
  { networks = {}, network = 'open' }: Config,
  origins: Origins,
  scope: Scope,
): { readonly spec: Pick<ContainerSpec, 'networks'>; readonly problems: readonly Diagnostic[] } {
  const names = Object.keys(networks)
  const problems = names.flatMap((name): Diagnostic[] => {
    const why = isOurs(name, scope)
      ? `${name} is sbx's own, and no sandbox is to meet another on it.`
      : network === 'open'
        ? null
        : `${name} would lead past "network: ${network === 'none' ? 'none' : '{ allow }'}". Write "network: open", or join none.`
    if (why === null) return []
    const told = { severity: 'error', code: 'resolve/network-clash', detail: why } as const
    return [diagnosticAt(origins, pointer('networks', name), { ...told, summary: 'The network cannot be joined' })]
  })
  return { spec: names.length === 0 ? {} : { networks }, problems }
}

function isOurs(name: string, scope: Scope): boolean {
  return name === openNetworkName(scope) || (name.startsWith(namePrefix(scope)) && name.endsWith('-net'))
}
