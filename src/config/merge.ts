// Laying one layer over another. Everything that has keys merges by key, everything else is replaced as a whole; what
// is replaced takes its origins with it.

import type { Config, Origin } from '../model/config.js'
import { pointer, type JsonPointer } from '../model/json.js'
import type { Layer } from './layer.js'

/** Keys whose entries are laid over each other one by one. */
export const mergedByKey = [
  'agent',
  'workspace',
  'env',
  'envFile',
  'secrets',
  'mounts',
  'networks',
  'resources',
  'ports',
  'lifecycle',
] as const

type Settings = Record<string, unknown>

export function mergeLayers(layers: readonly Layer[]): Layer {
  const config: Settings = {}
  const origins: Record<JsonPointer, Origin> = {}
  for (const layer of layers) {
    const upper = layer.config as Settings
    dropOverruled(config, layer.config, origins)
    for (const [key, value] of Object.entries(upper)) {
      if (!isMergedByKey(key)) {
        forget(origins, pointer(key))
        config[key] = value
        continue
      }
      const merged: Settings = { ...(config[key] as Settings | undefined) }
      for (const [name, entry] of Object.entries(value as Settings)) {
        if (!isUnited(key, name)) forget(origins, pointer(key, name))
        // Taken out first, so that what a later layer says also comes later.
        const below = merged[name]
        delete merged[name]
        merged[name] = isUnited(key, name) ? { ...(below as object | undefined), ...(entry as object) } : entry
      }
      config[key] = merged
    }
    Object.assign(origins, layer.origins)
  }
  return { config: config, origins }
}

/** What the upper layer makes void in the lower ones without naming it. */
function dropOverruled(lower: Config, upper: Config, origins: Record<JsonPointer, Origin>): void {
  // A variable is a secret or it is not.
  for (const name of Object.keys(upper.env ?? {})) drop(lower.secrets, 'secrets', name)
  for (const name of Object.keys(upper.secrets ?? {})) drop(lower.env, 'env', name)
  // Arguments and a version are for the agent that they were written for.
  const before = lower.agent?.name
  const after = upper.agent?.name
  if (before !== undefined && after !== undefined && before !== after) {
    for (const key of ['args', 'version']) drop(lower.agent, 'agent', key)
  }

  function drop(settings: object | undefined, key: string, name: string): void {
    if (settings === undefined || !(name in settings)) return
    delete (settings as Settings)[name]
    forget(origins, pointer(key, name))
  }
}

/** Mappings in a mapping, whose entries are laid over each other too. What one layer hides, no other shows. */
export const united = ['workspace.hide', 'workspace.own', 'agent.files'] as const

function isUnited(key: string, name: string): boolean {
  return (united as readonly string[]).includes(`${key}.${name}`)
}

function isMergedByKey(key: string): boolean {
  return (mergedByKey as readonly string[]).includes(key)
}

function forget(origins: Record<JsonPointer, Origin>, path: JsonPointer): void {
  for (const known of Object.keys(origins)) {
    if (known === path || known.startsWith(`${path}/`)) delete origins[known]
  }
}
