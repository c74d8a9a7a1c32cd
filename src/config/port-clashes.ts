// Two ports of the sandbox on one port of the host. Only the layers together show it, and only a start would fail by it.

import type { Diagnostic } from '../model/diagnostic.js'
import { pointer } from '../model/json.js'
import type { Layer } from './layer.js'

export function portClashes({ config, origins }: Layer): readonly Diagnostic[] {
  const taken = new Map<string, string>()
  return Object.entries(config.ports ?? {}).flatMap(([key, { address, hostPort }]): Diagnostic[] => {
    if (hostPort === null) return []
    const place = `${address} ${hostPort}/${key.split('/')[1]}`
    const other = taken.get(place)
    taken.set(place, other ?? key)
    if (other === undefined) return []
    const origin = origins[pointer('ports', key)]
    return [
      {
        severity: 'error',
        code: 'config/port-clash',
        summary: 'Two ports share one of the host',
        detail: `${other} and ${key} of the sandbox are both published on port ${hostPort} of ${address}.`,
        ...(origin?.kind === 'file' ? { at: origin.at } : {}),
      },
    ]
  })
}
