// `sbx inspect`: what is known of a sandbox. Of values that are not in the file, only where they come from and whether
// they were there.

import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.js'
import type { LiveContainer } from '../model/live.js'
import type { RecordSpec, SecretSpec, SessionValue } from '../model/spec.js'
import { listedJson, publishedJson } from './list-json.js'
import { formatVersion } from './format-version.js'

export type InspectedSandbox = {
  readonly container: LiveContainer
  /** The one in force; null when it is gone. */
  readonly record: RecordSpec | null
  /** As the engine gives it. */
  readonly inspected: Readonly<Record<string, unknown>>
}

export function inspectJson(sandboxes: readonly InspectedSandbox[]): readonly JsonObject[] {
  return sandboxes.map(({ container, record, inspected }) => ({
    format_version: formatVersion,
    ...listedJson(container),
    image: { reference: container.imageReference, id: container.imageId },
    started_at: container.startedAt,
    exit_code: container.exitCode,
    labels: labelsOf(inspected),
    spec: container.spec,
    session: record === null ? null : sessionJson(record),
    ...carriedJson(container),
    resources: container.observed.resources,
    mounts: mountsJson(container),
    ports: portsJson(inspected),
    grants: record === null ? [] : Object.entries(record.grants).map(([key, value]) => ({ key, value })),
  }))
}

function labelsOf(inspected: Readonly<Record<string, unknown>>): JsonObject {
  const config = inspected['Config'] as JsonValue | undefined
  const labels = isJsonObject(config) ? config['Labels'] : undefined
  return isJsonObject(labels) ? labels : {}
}

function carriedJson({ carriedAt, carriedBytes }: LiveContainer): JsonObject {
  if (carriedAt === undefined) return {}
  return { carried: { taken_at: carriedAt, ...(carriedBytes === undefined ? {} : { bytes: carriedBytes }) } }
}

function mountsJson({ observed }: LiveContainer): readonly JsonObject[] {
  const { workspace, volumes, mounts } = observed
  return [
    ...(workspace.mode === 'clone'
      ? []
      : [{ type: 'bind', source: workspace.path, target: workspace.path, readonly: workspace.readonly }]),
    ...Object.entries(mounts).map(([target, mount]) => ({ type: 'bind', target, ...mount })),
    ...Object.entries(volumes).map(([target, source]) => ({ type: 'volume', source, target, readonly: false })),
  ]
}

/** In the form of `ls`, as they are published now: a port that takes a free one of the host has another after each start. */
function portsJson(inspected: Readonly<Record<string, unknown>>): readonly JsonObject[] {
  const network = inspected['NetworkSettings'] as JsonValue | undefined
  const published = isJsonObject(network) && isJsonObject(network['Ports']) ? network['Ports'] : {}
  return Object.entries(published).flatMap(([port, bindings]) =>
    (Array.isArray(bindings) ? (bindings as readonly JsonValue[]) : [])
      .filter(isJsonObject)
      .map(({ HostIp: address = '', HostPort: host = '' }) =>
        publishedJson(port, typeof address === 'string' ? address : '', Number(host)),
      ),
  )
}

function sessionJson(record: RecordSpec): JsonObject {
  return {
    agent: record.agent,
    ...(record.files === undefined ? {} : { files: mapped(record.files, ({ source }) => source) }),
    env: mapped(record.env, sessionValueJson),
    env_files: mapped(record.envFile, ({ optional, values }) => ({
      optional,
      missing: values === null,
      names: values === null ? [] : Object.keys(values),
    })),
    secrets: mapped(record.secrets, secretJson),
    git: record.git,
    resources: record.resources,
    flags: mapped(record.flags, (values, flag) => values.map((value) => flagValue(flag, value))),
  }
}

function sessionValueJson(value: SessionValue): JsonObject {
  switch (value.from) {
    case 'file':
      return { from: 'file', value: value.value }
    case 'host':
      return { from: 'host', text: value.text, missing: value.digest === null }
    case 'flag':
      return { from: 'flag' }
  }
}

function secretJson(secret: SecretSpec): JsonObject {
  const missing = secret.digest === null
  return 'env' in secret ? { env: secret.env, missing } : { file: secret.file, missing }
}

/** A variable set by a flag is a value nobody wrote into a file. */
function flagValue(flag: string, value: string): string {
  return flag === '-e' || flag === '--env' ? value.replace(/=.*$/s, '') : value
}

function mapped<Value>(
  record: Readonly<Record<string, Value>>,
  map: (value: Value, key: string) => JsonValue,
): JsonObject {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]))
}
