// Values that come from the host and are not there on this machine. A teammate without them can still plan and apply:
// the same reference to a value that cannot be read is no change, and what was applied stays written.

import type { Origins } from '../model/config.js'
import { isJsonObject, pointer, type JsonObject } from '../model/json.js'
import type { Note } from '../model/note.js'
import type { EnvFileSpec, RecordSpec, SecretSpec, SessionValue } from '../model/spec.js'
import { isEqual, originOf } from './diff.js'

/** The record to write: as desired, with what is missing here taken over from the one that was applied. */
export function keepMissingValues(desired: RecordSpec, applied: RecordSpec | null): RecordSpec {
  if (applied === null) return desired
  const hasOneKey = applied.digestKey === desired.digestKey
  // With no digest of our own to write there is no need to sign what another key signed.
  if (!hasOneKey && hasDigests(desired)) return desired
  const kept = {
    ...desired,
    env: mapped(desired.env, (name, value) => keptEnv(value, applied.env[name])),
    envFile: mapped(desired.envFile, (path, file) => keptEnvFile(file, applied.envFile[path])),
    secrets: mapped(desired.secrets, (name, secret) => keptSecret(secret, applied.secrets[name])),
  }
  return hasOneKey ? kept : { ...kept, digestKey: applied.digestKey }
}

/** One note a value that is missing here and that a session cannot start without. */
export function missingValueNotes(desired: RecordSpec, origins: Origins): Note[] {
  const note = (path: readonly string[], what: string): Note => {
    const source = originOf(origins, path)
    return { kind: 'missing-host-value', path: pointer(...path), what, ...(source === undefined ? {} : { source }) }
  }
  return [
    ...Object.entries(desired.env)
      .filter(([, value]) => value.from === 'host' && value.digest === null)
      .map(([name, value]) => note(['env', name], value.from === 'host' ? value.text : '')),
    ...Object.entries(desired.envFile)
      .filter(([, file]) => !file.optional && file.values === null)
      .map(([path]) => note(['envFile', path], path)),
    ...Object.entries(desired.secrets)
      .filter(([, secret]) => secret.digest === null)
      .map(([name, secret]) => note(['secrets', name], 'env' in secret ? `\${env:${secret.env}}` : secret.file)),
  ]
}

export function hasDigests(record: RecordSpec): boolean {
  return (
    Object.values(record.env).some((value) => value.from !== 'file' && value.digest !== null) ||
    Object.values(record.envFile).some((file) => file.values !== null && Object.keys(file.values).length > 0) ||
    Object.values(record.secrets).some((secret) => secret.digest !== null)
  )
}

function keptEnv(desired: SessionValue, applied: SessionValue | undefined): SessionValue {
  const isMissing = desired.from === 'host' && desired.digest === null
  return isMissing && applied?.from === 'host' && applied.text === desired.text ? applied : desired
}

function keptSecret(desired: SecretSpec, applied: SecretSpec | undefined): SecretSpec {
  if (desired.digest !== null || applied === undefined) return desired
  return isEqual(withoutDigest(desired), withoutDigest(applied)) ? applied : desired
}

/** An optional file that is not there is a file without variables, and so a change where it had some. */
function keptEnvFile(desired: EnvFileSpec, applied: EnvFileSpec | undefined): EnvFileSpec {
  if (desired.values !== null || desired.optional || applied === undefined) return desired
  return { ...desired, values: applied.values }
}

function withoutDigest(secret: SecretSpec): JsonObject {
  const { digest, ...reference } = secret
  return isJsonObject(reference) && digest !== undefined ? reference : {}
}

function mapped<Value>(
  record: Readonly<Record<string, Value>>,
  change: (name: string, value: Value) => Value,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(name, value)]))
}
