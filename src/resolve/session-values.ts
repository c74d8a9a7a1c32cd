// The values of a record, got from where they are: this machine's environment and files, and this call's flags.

import { parseEnv } from 'node:util'
import type { Origins } from '../model/config.js'
import type { Diagnostic } from '../model/diagnostic.js'
import { pointer } from '../model/json.js'
import type { RecordSpec } from '../model/spec.js'
import { missingVariables, secretText, unreadableFile } from './environment.js'
import { envFileGrantKey, secretGrantKey } from './grants.js'
import { readHostFile } from './host-file.js'
import { diagnosticAt } from './origins.js'
import { evaluate, parseReferences, type HostEnv } from './variables.js'

export type SessionValues = {
  readonly env: Readonly<Record<string, string>>
  /** Everything that is missing, as errors. */
  readonly problems: readonly Diagnostic[]
  /** Variables that an earlier call gave with `-e`, whose values nobody kept. */
  readonly forgotten: readonly string[]
}

/**
 * Env files lie lowest, later ones over earlier ones, then env, then secrets, then this call's flags. Files are read
 * only where they lead to the place that was granted.
 */
export async function readSessionValues(request: {
  readonly record: RecordSpec
  readonly workspace: string
  readonly env: HostEnv
  readonly flagEnv: Readonly<Record<string, string>>
  readonly origins: Origins
}): Promise<SessionValues> {
  const { record, workspace, env, flagEnv, origins } = request
  const values: Record<string, string> = {}
  const problems: Diagnostic[] = []
  const forgotten: string[] = []
  const problem = (
    path: string,
    told: ReturnType<typeof missingVariables> | ReturnType<typeof unreadableFile>,
  ): void => {
    problems.push(diagnosticAt(origins, path, { ...told, severity: 'error' }))
  }

  for (const [path, { optional }] of Object.entries(record.envFile)) {
    const file = await readHostFile(path, record.grants[envFileGrantKey(path, workspace)])
    if (file.kind === 'text') Object.assign(values, parseEnv(file.text))
    else if (!optional || !file.isAbsent) problem(pointer('envFile', path), unreadableFile(path, file.why))
  }
  for (const [name, value] of Object.entries(record.env)) {
    if (Object.hasOwn(flagEnv, name)) continue
    switch (value.from) {
      case 'file':
        values[name] = value.value
        break
      case 'host': {
        const evaluated = evaluate(parseReferences(value.text), env)
        if (evaluated.kind === 'value') values[name] = evaluated.value
        else problem(pointer('env', name), missingVariables(name, evaluated.names))
        break
      }
      case 'flag':
        forgotten.push(name)
        break
    }
  }
  for (const [name, secret] of Object.entries(record.secrets)) {
    if (Object.hasOwn(flagEnv, name)) continue
    if ('env' in secret) {
      const value = env[secret.env]
      if (value === undefined) problem(pointer('secrets', name), missingVariables(name, [secret.env]))
      else values[name] = value
    } else {
      const granted = record.grants[secretGrantKey(name)]?.replace(/^file:/, '')
      const file = await readHostFile(secret.file, granted)
      if (file.kind === 'text') values[name] = secretText(file.text)
      else problem(pointer('secrets', name), unreadableFile(secret.file, file.why))
    }
  }
  return { env: { ...values, ...flagEnv }, problems, forgotten }
}
