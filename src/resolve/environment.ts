// Env, env files and secrets as a record may hold them: what is in the file as it is, what is only on this machine as a
// digest. A value that is missing is no error here; it fails the start of a session (session-values.ts).

import { parseEnv } from 'node:util'
import type { Config, Origins, SecretSource } from '../model/config.js'
import type { Diagnostic } from '../model/diagnostic.js'
import { pointer, type JsonPointer } from '../model/json.js'
import type { EnvFileSpec, RecordSpec, SecretSpec, SessionValue } from '../model/spec.js'
import type { DigestKey } from './digest-key.js'
import { readHostFile } from './host-file.js'
import { diagnosticAt, originOf } from './origins.js'
import { evaluate, parseReferences, variableNames, type HostEnv } from './variables.js'

export type Environment = Pick<RecordSpec, 'env' | 'envFile' | 'secrets'> & {
  readonly warnings: readonly Diagnostic[]
  /** Host variables that values of env are made of, with the place that says so. */
  readonly hostVariables: readonly { readonly name: string; readonly path: JsonPointer }[]
  /** Real paths of the files that are there, by the pointer of what names them. */
  readonly realPaths: Readonly<Record<JsonPointer, string>>
}

export type EnvironmentRequest = {
  readonly config: Config
  readonly origins: Origins
  readonly env: HostEnv
  readonly sandboxId: string
  /** Asked only where there is a value to digest. */
  readonly digestKey: () => Promise<DigestKey>
}

type Scope = EnvironmentRequest & {
  readonly warnings: Diagnostic[]
  readonly hostVariables: { readonly name: string; readonly path: JsonPointer }[]
  readonly realPaths: Record<JsonPointer, string>
}

export async function resolveEnvironment(request: EnvironmentRequest): Promise<Environment> {
  const scope: Scope = { ...request, warnings: [], hostVariables: [], realPaths: {} }
  const { config, warnings, hostVariables, realPaths } = scope
  const env = await mapValues(config.env ?? {}, (text, name) => envValue(name, text, scope))
  const envFile = await mapValues(config.envFile ?? {}, ({ optional }, path) => envFileSpec(path, optional, scope))
  const secrets = await mapValues(config.secrets ?? {}, (source, name) => secretSpec(name, source, scope))
  return { env, envFile, secrets, warnings, hostVariables, realPaths }
}

async function envValue(name: string, text: string, scope: Scope): Promise<SessionValue> {
  const { origins, env, hostVariables, warnings } = scope
  const path = pointer('env', name)
  const parts = parseReferences(text)
  const used = variableNames(parts)
  hostVariables.push(...used.map((variable) => ({ name: variable, path })))
  const evaluated = evaluate(parts, env)
  if (evaluated.kind === 'missing') {
    warnings.push(diagnosticAt(origins, path, missingVariables(name, evaluated.names)))
    return { from: 'host', text, digest: null }
  }
  const { value } = evaluated
  if (used.length > 0) return { from: 'host', text, digest: await digest(scope, name, value) }
  // Typed for this call, perhaps a key: only its digest may stay.
  if (originOf(origins, path)?.kind === 'flag') return { from: 'flag', digest: await digest(scope, name, value) }
  return { from: 'file', value }
}

async function envFileSpec(path: string, optional: boolean, scope: Scope): Promise<EnvFileSpec> {
  const text = await readValueFile(pointer('envFile', path), path, optional, scope)
  if (text === null) return { optional, values: null }
  const values = parseEnv(text) as Record<string, string>
  return { optional, values: await mapValues(values, (value, name) => digest(scope, name, value)) }
}

async function secretSpec(name: string, source: SecretSource, scope: Scope): Promise<SecretSpec> {
  const path = pointer('secrets', name)
  if ('file' in source) {
    const text = await readValueFile(path, source.file, false, scope)
    return { file: source.file, digest: text === null ? null : await digest(scope, name, secretText(text)) }
  }
  const value = scope.env[source.env]
  if (value !== undefined) return { env: source.env, digest: await digest(scope, name, value) }
  scope.warnings.push(diagnosticAt(scope.origins, path, missingVariables(name, [source.env])))
  return { env: source.env, digest: null }
}

async function readValueFile(
  place: JsonPointer,
  path: string,
  optional: boolean,
  scope: Scope,
): Promise<string | null> {
  const file = await readHostFile(path)
  if (file.realPath !== null) scope.realPaths[place] = file.realPath
  if (file.kind === 'text') return file.text
  const isExpected = optional && file.isAbsent
  if (!isExpected) scope.warnings.push(diagnosticAt(scope.origins, place, unreadableFile(path, file.why)))
  return null
}

async function digest({ digestKey, sandboxId }: Scope, name: string, value: string): Promise<string> {
  return (await digestKey()).digest(sandboxId, name, value)
}

/** One after the other, so that warnings come in the order of the file. */
async function mapValues<T, U>(
  values: Readonly<Record<string, T>>,
  map: (value: T, key: string) => Promise<U>,
): Promise<Record<string, U>> {
  const mapped: [string, U][] = []
  for (const [key, value] of Object.entries(values)) mapped.push([key, await map(value, key)])
  return Object.fromEntries(mapped)
}

/** A file's last line break is the editor's, not the secret's. */
export function secretText(text: string): string {
  return text.replace(/[\r\n]+$/, '')
}

export function missingVariables(name: string, variables: readonly string[]) {
  return {
    severity: 'warning',
    code: 'resolve/missing-variable',
    summary: 'A host variable is not set',
    detail: `${name} needs ${variables.join(', ')} from this machine's environment; no session starts until it is set.`,
  } as const
}

/** @param why the end of a sentence that begins with the path */
export function unreadableFile(path: string, why: string) {
  return {
    severity: 'warning',
    code: 'resolve/missing-file',
    summary: 'A file with values cannot be read',
    detail: `${path} ${why}; no session starts until it can be read.`,
  } as const
}
