// template.yaml: what sbx must know of an agent to start it. The one place that knows the file's shape besides
// schema/template.schema.json, which is for editors; a test holds the two together.

import type { Document } from 'yaml'
import type { JsonValue } from '../model/json.js'
import type { AgentDescriptor } from '../model/template.js'
import { composeDocument } from './compose.js'
import {
  autonomyArguments,
  configFolder,
  env,
  login,
  names,
  seeds,
  sessionParts,
  stateArguments,
} from './descriptor-parts.js'
import { Problems, type DescriptorText } from './problems.js'

/** Of a template that comes with sbx. Throws `template/descriptor` with every problem at once. */
export function decodeDescriptor(source: DescriptorText): AgentDescriptor {
  return decode(source, null)
}

/**
 * Of a folder. It may describe an agent of its own, or change how a known one is started; what reaches the host, its
 * login and the variables that hold keys, is never the folder's to say. `known` gives the agents that come with sbx.
 */
export function decodeFolderDescriptor(
  source: DescriptorText,
  known: (agent: string) => AgentDescriptor | null,
): AgentDescriptor {
  return decode(source, known)
}

function decode(source: DescriptorText, known: ((agent: string) => AgentDescriptor | null) | null): AgentDescriptor {
  const { document, lines, mistakes } = composeDocument(source.text)
  const problems = new Problems(source, document, lines)
  for (const { offset, detail } of mistakes) problems.addAt(offset, detail)
  problems.throw()

  const root = problems.object([], plain(document, problems), [...topLevelKeys])
  const agent = problems.text(['agent'], root.agent, /^[a-z0-9][a-z0-9-]{0,39}$/, 'a name of a-z, 0-9 and -')
  const isOfFolder = known !== null
  const inherited = known?.(agent) ?? null
  if (isOfFolder) {
    for (const key of ['login', 'keys'] as const) {
      if (root[key] !== undefined)
        problems.add([key], `A template's folder may not say \`${key}\`: that reaches the host`)
    }
  }
  if (root.command === undefined && inherited === null) problems.add(['command'], '`command` is missing')
  const { autonomy } = root
  const full = autonomyArguments(problems, autonomy, 'full')
  const ask = autonomyArguments(problems, autonomy, 'ask')
  const none = { args: [], after: {} }
  const text = (key: 'title' | 'package' | 'version'): string | null =>
    root[key] === undefined ? (inherited?.[key] ?? null) : problems.text([key], root[key])
  const texts = (key: 'oneShot' | 'hosts' | 'known'): readonly string[] | null =>
    root[key] === undefined ? (inherited?.[key] ?? null) : problems.texts([key], root[key])
  const descriptor: AgentDescriptor = {
    agent,
    title: text('title') ?? agent,
    package: text('package'),
    version: text('version'),
    command: root.command === undefined ? (inherited?.command ?? []) : problems.texts(['command'], root.command, 1),
    oneShot: texts('oneShot'),
    autonomy:
      autonomy === undefined && inherited !== null ? inherited.autonomy : { full: full ?? none, ask: ask ?? none },
    session: root.session === undefined ? (inherited?.session ?? []) : sessionParts(problems, root.session, isOfFolder),
    env: { ...inherited?.env, ...env(problems, ['env'], root.env) },
    config: configFolder(problems, root.config) ?? inherited?.config ?? null,
    login: isOfFolder ? (inherited?.login ?? null) : login(problems, root.login),
    keys: isOfFolder ? (inherited?.keys ?? []) : names(problems, ['keys'], root.keys ?? []),
    ...stateOf(root.state === undefined ? inherited?.state : stateArguments(problems, root.state)),
    hosts: texts('hosts') ?? [],
    seeds: root.seeds === undefined ? (inherited?.seeds ?? []) : seeds(problems, root.seeds, isOfFolder),
    known: texts('known') ?? [],
  }
  problems.throw()
  return descriptor
}

function stateOf(state: AgentDescriptor['state']): Pick<AgentDescriptor, 'state'> {
  return state === undefined ? {} : { state }
}

const topLevelKeys = [
  'agent',
  'title',
  'package',
  'version',
  'command',
  'oneShot',
  'autonomy',
  'session',
  'env',
  'config',
  'login',
  'keys',
  'state',
  'hosts',
  'seeds',
  'known',
] as const

function plain(document: Document, problems: Problems): JsonValue {
  try {
    return document.toJS({ maxAliasCount: 50 }) as JsonValue
  } catch (error) {
    // The parser's way to tell an alias without an anchor, and one that would grow without end.
    if (!(error instanceof ReferenceError)) throw error
    problems.add([], error.message)
    problems.throw()
    return null
  }
}
