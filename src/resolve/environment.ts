// Env, env files and secrets as a record may hold them: what is in the file as it is, what is only on this machine as a
// digest. A value that is missing is no error here; it fails the start of a session (session-values.ts).

import { parseEnv } from 'node:util'
import type { Config, Origins } from '../model/config.js'
import type { Diagnostic } from '../model/diagnostic.js'
import { pointer, type JsonPointer } from '../model/json.js'
import type { EnvFileSpec, RecordSpec, SecretSpec, SessionValue } from '../model/spec.js'
import type { DigestKey } from './digest-key.js'
import { readHostFile, type HostFile } from './host-file.js'
import { diagnosticAt, originOf } from './origins.js'
import { evaluate, parseTemplateText, type HostEnv } from './variables.js'

export type Environment = Pick<RecordSpec, 'env' | 'envFile' | 'secrets'> & {
  readonly warnings: readonly Diagnostic[]
  /** Host variables that enter, with the place that says so. */
  readonly hostVariables: readonly { readonly name: string; readonly path: JsonPointer }[]
  /** Files of the host that values come from, by the pointer of who names them. */
  readonly files: Readonly<Record<JsonPointer, HostFile>>
}

export async function resolveEnvironment(request: {
  readonly config: Config
  readonly origins: Origins
  readonly env: HostEnv
  readonly sandboxId: string
  /** Asked only where there is a value to digest. */
  readonly digestKey: () => Promise<DigestKey>
}): Promise<Environment> {
  const { config, origins, env, sandboxId } = request
  const warnings: Diagnostic[] = []
  const hostVariables: { name: string; path: JsonPointer }[] = []
  const files: Record<JsonPointer, HostFile> = {}
  const digest = async (name: string, value: string): Promise<string> =>
    (await request.digestKey()).digest(sandboxId, name, value)

  const envSpecs: Record<string, SessionValue> = {}
  for (const [name, text] of Object.entries(config.env ?? {})) {
    const path = pointer('env', name)
    const origin = originOf(origins, path)
    const parts = parseTemplateText(text, origin?.kind === 'file' ? origin.at : undefined)
    const used = parts.filter((part) => part.kind === 'variable')
    for (const { name: variable } of used) hostVariables.push({ name: variable, path })
    const evaluated = evaluate(parts, env)
    if ('missing' in evaluated) {
      envSpecs[name] = { from: 'host', text, digest: null }
      warnings.push(diagnosticAt(origins, path, missingVariables(name, evaluated.missing)))
    } else if (used.length > 0) {
      envSpecs[name] = { from: 'host', text, digest: await digest(name, evaluated.value) }
    } else if (origin?.kind === 'flag') {
      // Typed for this call, perhaps a key: only its digest may stay.
      envSpecs[name] = { from: 'flag', digest: await digest(name, evaluated.value) }
    } else {
      envSpecs[name] = { from: 'file', value: evaluated.value }
    }
  }

  const envFile: Record<string, EnvFileSpec> = {}
  for (const [path, { optional }] of Object.entries(config.envFile ?? {})) {
    const place = pointer('envFile', path)
    const file = (files[place] = await readHostFile(path))
    if ('text' in file) {
      const values = await Promise.all(
        Object.entries(parseEnv(file.text)).map(
          async ([name, value = '']) => [name, await digest(name, value)] as const,
        ),
      )
      envFile[path] = { optional, values: Object.fromEntries(values) }
      continue
    }
    envFile[path] = { optional, values: null }
    if (!optional || !file.isAbsent) warnings.push(diagnosticAt(origins, place, unreadableFile(path, file.why)))
  }

  const secrets: Record<string, SecretSpec> = {}
  for (const [name, source] of Object.entries(config.secrets ?? {})) {
    const place = pointer('secrets', name)
    if ('env' in source) {
      const value = env[source.env]
      secrets[name] = { env: source.env, digest: value === undefined ? null : await digest(name, value) }
      if (value === undefined) warnings.push(diagnosticAt(origins, place, missingVariables(name, [source.env])))
    } else {
      const file = (files[place] = await readHostFile(source.file))
      secrets[name] = { file: source.file, digest: 'text' in file ? await digest(name, secretText(file.text)) : null }
      if (!('text' in file)) warnings.push(diagnosticAt(origins, place, unreadableFile(source.file, file.why)))
    }
  }
  return { env: envSpecs, envFile, secrets, warnings, hostVariables, files }
}

/** A file's last line break is the editor's, not the secret's. */
export function secretText(text: string): string {
  return text.replace(/[\r\n]+$/, '')
}

export function missingVariables(name: string, variables: readonly string[]) {
  const list = variables.join(', ')
  return {
    severity: 'warning',
    code: 'resolve/missing-variable',
    summary: 'A host variable is not set',
    detail: `${name} needs ${list} from this machine's environment; no session starts until it is set.`,
  } as const
}

export function unreadableFile(path: string, why: string) {
  return {
    severity: 'warning',
    code: 'resolve/missing-file',
    summary: 'A file with values cannot be read',
    detail: `${path} ${why}; no session starts until it can be read.`,
  } as const
}
