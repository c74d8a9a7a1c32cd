// `sbx net log --json`, as schema/net-log.schema.json says; with `-f` a document a line.

import type { Egress } from '../model/engine.js'
import type { JsonObject } from '../model/json.js'
import type { ProxySpec } from '../model/spec.js'
import { formatVersion } from './format-version.js'
import { entryFor, type HostEgress } from './net-log-hosts.js'

export function netLogJson(name: string, hosts: readonly HostEgress[], spec: ProxySpec): JsonObject {
  return {
    format_version: formatVersion,
    name,
    hosts: hosts.map(({ lastAt, ...each }) => ({
      ...each,
      last_at: new Date(lastAt * 1000).toISOString(),
      add: each.refused > 0 ? entryFor(each, spec) : null,
    })),
  }
}

export function egressJson({ at, verdict, method, host, port, bytes }: Egress, spec: ProxySpec): JsonObject {
  return {
    format_version: formatVersion,
    at: new Date(at * 1000).toISOString(),
    ...{ verdict, method, host, port, bytes },
    add: verdict === 'refused' ? entryFor({ host, port }, spec) : null,
  }
}
