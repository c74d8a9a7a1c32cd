// What one file says, in the config's own shape: short forms written out, paths made absolute, lists turned into records
// by what tells their entries apart. Values in which something is wrong already are left out, so that one mistake gives
// one message.

import type { GitConfig, MountConfig, PortConfig, SecretSource } from '../model/config.js'
import { pointer, type JsonPointer } from '../model/json.js'
import { absolutePath, absoluteSource, templatePath } from './host-path.js'
import { emptyDraft, type Layer } from './layer.js'
import type { Profile } from './sandbox-file.generated.js'
import {
  isShapely,
  isSound,
  mark,
  markAll,
  report,
  reportKey,
  reportTwice,
  type FileScope,
  type Scope,
} from './scope.js'
import { settleAgent } from './agent.js'
import { settlePrepare } from './prepare.js'
import { settleIsolation, settleNetwork, settleNetworks, settleWorkspace } from './reach.js'
import { isWrong, parseMount, parsePort, parseSize, parseTarget } from './short-forms.js'
import { keyPosition } from './validate.js'

type Settings = Profile & { readonly name?: string }

/** The settings of a file, or of the profile at the given place in it. */
export function normaliseSettings(settings: Settings, at: JsonPointer, context: FileScope): Layer {
  const draft = emptyDraft()
  const scope: Scope = { ...context, at, draft }
  for (const key of Object.keys(settings) as (keyof Settings)[]) {
    if (!isShapely(scope, at + pointer(key))) continue
    settle(key, settings, scope)
  }
  return draft
}

function settle(key: keyof Settings, settings: Settings, scope: Scope): void {
  const { config } = scope.draft
  const from = scope.at + pointer(key)
  switch (key) {
    case 'name':
    case 'socket':
    case 'ssh':
    case 'credentials':
    case 'setup':
    case 'sudo':
    case 'lifecycle':
      if (!isSound(scope, from)) return
      Object.assign(config, { [key]: settings[key] })
      return markAll(scope, pointer(key), from)
    case 'workspace':
      return settleWorkspace(settings.workspace, from, scope)
    case 'network':
      return settleNetwork(settings.network, from, scope)
    case 'networks':
      return settleNetworks(settings.networks, from, scope)
    case 'prepare':
      return settlePrepare(settings.prepare, from, scope)
    case 'isolation':
      return settleIsolation(settings.isolation, from, scope)
    case 'agent':
      return settleAgent(settings.agent, from, scope)
    case 'template':
      return settleTemplate(settings.template, from, scope)
    case 'git':
      if (!isSound(scope, from)) return
      config.git = settings.git as GitConfig
      return markAll(scope, '/git', from)
    case 'env':
      return settleEnv(settings.env, from, scope)
    case 'secrets':
      return settleSecrets(settings.secrets, settings.env, from, scope)
    case 'envFile':
      return settleEnvFile(settings.envFile, from, scope)
    case 'mounts':
      return settleMounts(settings.mounts, from, scope)
    case 'resources':
      return settleResources(settings.resources, from, scope)
    case 'ports':
      return settlePorts(settings.ports, from, scope)
    default:
      // What is about the file and not about the sandbox is read elsewhere.
      return key satisfies never
  }
}

function settleTemplate(template: Settings['template'], from: JsonPointer, scope: Scope): void {
  if (template === undefined || !isSound(scope, from)) return
  const result = templatePath(template, scope)
  if (isWrong(result)) return report(scope, from, result)
  scope.draft.config.template = result.path
  mark(scope, '/template', from)
}

function settleEnv(env: Settings['env'], from: JsonPointer, scope: Scope): void {
  const settled: Record<string, string> = {}
  mark(scope, '/env', from)
  for (const [name, value] of Object.entries(env ?? {})) {
    const place = from + pointer(name)
    if (!isSound(scope, place)) continue
    settled[name] = typeof value === 'string' ? value : (scope.parsed.written.get(place) ?? String(value))
    mark(scope, pointer('env', name), place)
  }
  scope.draft.config.env = settled
}

function settleSecrets(secrets: Settings['secrets'], env: Settings['env'], from: JsonPointer, scope: Scope): void {
  const settled: Record<string, SecretSource> = {}
  mark(scope, '/secrets', from)
  for (const [name, source] of Object.entries(secrets ?? {})) {
    const place = from + pointer(name)
    if (!isSound(scope, place)) continue
    if (env !== undefined && Object.hasOwn(env, name)) {
      const { line } = keyPosition(scope.parsed, scope.at + pointer('env', name))
      const detail = `\`${name}\` is in env as well, in line ${line}. A variable is in one of them.`
      reportKey(scope, place, 'config/secret-and-env', 'A variable is set twice', detail)
      continue
    }
    const result = source.file === undefined ? { path: '' } : absolutePath(source.file, scope)
    if (isWrong(result)) {
      report(scope, place + pointer('file'), result)
      continue
    }
    settled[name] = source.env === undefined ? { file: result.path } : { env: source.env }
    mark(scope, pointer('secrets', name), place)
  }
  scope.draft.config.secrets = settled
}

function settleEnvFile(written: Settings['envFile'], from: JsonPointer, scope: Scope): void {
  const settled: Record<string, { optional: boolean }> = {}
  mark(scope, '/envFile', from)
  const isOne = typeof written === 'string'
  for (const [index, entry] of (isOne ? [written] : (written ?? [])).entries()) {
    const place = isOne ? from : from + pointer(index)
    if (!isSound(scope, place)) continue
    const { path, optional = false } = typeof entry === 'string' ? { path: entry } : entry
    const result = absolutePath(path, scope)
    if (isWrong(result)) report(scope, place, result)
    else if (result.path in settled) reportTwice(scope, place, 'envFile', result.path)
    else {
      settled[result.path] = { optional }
      mark(scope, pointer('envFile', result.path), place)
    }
  }
  scope.draft.config.envFile = settled
}

function settleMounts(mounts: Settings['mounts'], from: JsonPointer, scope: Scope): void {
  const settled: Record<string, MountConfig> = {}
  mark(scope, '/mounts', from)
  for (const [index, entry] of (mounts ?? []).entries()) {
    const place = from + pointer(index)
    if (!isSound(scope, place)) continue
    const parts = typeof entry === 'string' ? parseMount(entry) : { readonly: false, ...entry }
    if (isWrong(parts)) {
      report(scope, place, parts)
      continue
    }
    const at = (part: string): JsonPointer => (typeof entry === 'string' ? place : place + pointer(part))
    const target = parseTarget(parts.target)
    const source = absoluteSource(parts.source, scope)
    if (isWrong(target)) report(scope, at('target'), target)
    if (isWrong(source)) report(scope, at('source'), source)
    if (isWrong(target) || isWrong(source)) continue
    if (target.target in settled) {
      reportTwice(scope, at('target'), 'mounts', target.target)
      continue
    }
    const why = typeof entry === 'string' ? undefined : entry.why
    settled[target.target] = { source: source.path, readonly: parts.readonly, ...(why === undefined ? {} : { why }) }
    mark(scope, pointer('mounts', target.target), place)
    for (const part of ['source', 'readonly', 'why'] as const) {
      const isWritten = scope.parsed.values.has(place + pointer(part))
      if (part === 'why' && why === undefined) continue
      mark(scope, pointer('mounts', target.target, part), isWritten ? place + pointer(part) : place)
    }
  }
  scope.draft.config.mounts = settled
}

function settleResources(resources: Settings['resources'], from: JsonPointer, scope: Scope): void {
  const settled: { cpus?: number; memory?: number; pids?: number } = {}
  mark(scope, '/resources', from)
  for (const key of ['cpus', 'memory', 'pids'] as const) {
    const value = resources?.[key]
    const place = from + pointer(key)
    if (value === undefined || !isSound(scope, place)) continue
    const result = key === 'memory' ? parseSize(value) : { bytes: Number(value) }
    if (isWrong(result)) {
      report(scope, place, result)
      continue
    }
    settled[key] = result.bytes
    mark(scope, pointer('resources', key), place)
  }
  scope.draft.config.resources = settled
}

function settlePorts(ports: Settings['ports'], from: JsonPointer, scope: Scope): void {
  const settled: Record<string, PortConfig> = {}
  mark(scope, '/ports', from)
  for (const [index, entry] of (ports ?? []).entries()) {
    const place = from + pointer(index)
    if (!isSound(scope, place)) continue
    const result = parsePort(entry)
    if (isWrong(result)) report(scope, place, result)
    else if (result.key in settled) reportTwice(scope, place, 'ports', result.key)
    else {
      const { key, address, hostPort } = result
      settled[key] = { address, hostPort }
      mark(scope, pointer('ports', key), place)
    }
  }
  scope.draft.config.ports = settled
}
