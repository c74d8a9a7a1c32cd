// `sbx login --status --json` and `sbx logout --json`. Nothing of a credential itself is in either.

import type { JsonValue } from '../model/json.js'
import type { LoggedOut, LoginStatus } from '../model/login.js'
import { formatVersion } from './format-version.js'

type Document = { readonly [key: string]: JsonValue }

export function loginJson(statuses: readonly LoginStatus[]): Document {
  return { format_version: formatVersion, agents: statuses.map(statusJson) }
}

function statusJson({ agent, title, volume, kinds, since, keys, current }: LoginStatus): Document {
  return {
    agent,
    title,
    logged_in: kinds.length > 0,
    kinds,
    since: since === null ? null : new Date(since * 1000).toISOString(),
    volume,
    keys: keys.map(({ name, onHost }) => ({ name, on_host: onHost, given_by: current?.keys[name] ?? null })),
    credentials: current?.credentials ?? null,
  }
}

export function loggedOutJson({ agent, volume, done }: LoggedOut): Document {
  return { format_version: formatVersion, agent, volume, done }
}
