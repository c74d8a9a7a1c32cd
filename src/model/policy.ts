// What a user lets any sandbox on this machine reach, and what none: never in a project's own file.

import type { Position } from './diagnostic.js'
import type { Grant } from './grant.js'
import { namesOf } from './path-tree.js'

/** `pattern` is held against the subject of a grant; `*` stands for any text. A path in it is absolute. */
export type PolicyRule = { readonly pattern: string; readonly at: Position }

/** What is denied is so whatever is allowed. `file` is absolute and has no link in it. */
export type Policy = {
  readonly file: string
  readonly deny: readonly PolicyRule[]
  readonly allow: readonly PolicyRule[]
}

type Judged = Pick<Grant, 'key' | 'subject'>

/**
 * What a pattern can speak of, and how the text behind its colon is read. A kind without a text is a pattern alone. Of those
 * that are `named` a file chooses the name, so that a yes to it would be one to anything.
 */
export const policyKinds = {
  mount: 'path',
  file: 'path',
  workspace: 'path',
  env: 'text',
  host: 'host',
  login: 'text',
  port: 'text',
  template: 'text',
  isolation: 'text',
  show: 'text',
  networks: 'text',
  socket: 'alone',
  setup: 'alone',
  network: 'alone',
  ssh: 'alone',
  'host-files': 'alone',
  write: 'alone',
  sudo: 'alone',
  'shared-login': 'alone',
  'env-file': 'named',
  files: 'named',
  secret: 'named',
} as const satisfies Readonly<Record<string, 'path' | 'text' | 'host' | 'alone' | 'named'>>

export type PolicyKind = keyof typeof policyKinds

export function isPolicyKind(kind: string): kind is PolicyKind {
  return Object.hasOwn(policyKinds, kind)
}

/** `kind` and what stands behind the first colon; null where there is none. */
export function patternParts(pattern: string): { readonly kind: string; readonly text: string | null } {
  const colon = pattern.indexOf(':')
  if (colon === -1) return { kind: pattern, text: null }
  return { kind: pattern.slice(0, colon), text: pattern.slice(colon + 1) }
}

/** A folder in it, and one that it is in, reach what is denied as well. */
export function denyingRule(policy: Policy | undefined, grant: Judged): PolicyRule | undefined {
  return policy?.deny.find(({ pattern }) => {
    const { kind, text } = patternParts(pattern)
    const isOfKind = kindOf(grant.key) === kind || kindOf(subjectOf(grant)) === kind
    if (!isOfKind || text === null) return isOfKind
    if (!isPolicyKind(kind)) return false
    if (policyKinds[kind] === 'named') return matchesGlob(text, textOf(grant.key))
    const subject = textOf(subjectOf(grant))
    switch (policyKinds[kind]) {
      case 'path': {
        if (kind !== 'mount') return reachesDenied(subject, text)
        if (modeOf(text) === 'rw' && modeOf(subject) === 'ro') return false
        return reachesDenied(withoutMode(subject), withoutMode(text))
      }
      case 'host':
        return hostOverlaps(subject, text)
      case 'text':
      case 'alone':
        return matchesGlob(text, subject)
    }
  })
}

/** Only by what is reached, never by what a file calls it. */
export function allowingRule(policy: Policy | undefined, grant: Judged): PolicyRule | undefined {
  const subject = subjectOf(grant)
  return policy?.allow.find(({ pattern }) => {
    const { kind, text } = patternParts(pattern)
    if (kindOf(subject) !== kind || !isPolicyKind(kind) || policyKinds[kind] === 'named') return false
    if (text === null) return true
    switch (policyKinds[kind]) {
      case 'path':
        if (kind !== 'mount') return isWithin(textOf(subject), text)
        if (modeOf(text) === 'ro' && modeOf(textOf(subject)) !== 'ro') return false
        return isWithin(withoutMode(textOf(subject)), withoutMode(text))
      case 'host':
        return matchesGlob(withPort(text), textOf(subject))
      case 'text':
      case 'alone':
        return matchesGlob(text, textOf(subject))
    }
  })
}

/**
 * Whether the policy allows a mount of this very source by the name of it, or of a folder that it lies in and that is in
 * `protectedTree` (or is it). A pattern with a `*` names nothing. Absolute paths.
 */
export function namesSource(
  policy: Policy | undefined,
  source: { readonly path: string; readonly readonly: boolean },
  protectedTree: string | null,
): boolean {
  return (policy?.allow ?? []).some(({ pattern }) => {
    const { kind, text } = patternParts(pattern)
    if (kind !== 'mount' || text === null || text.includes('*')) return false
    if (modeOf(text) === 'ro' && !source.readonly) return false
    const named = withoutMode(text)
    if (named === source.path) return true
    return protectedTree !== null && isFolderOf(source.path, named) && isAtOrIn(named, protectedTree)
  })
}

/** `*` is any text, `/` and nothing among it. Takes time in proportion to both lengths, whatever they are. */
export function matchesGlob(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return pattern === text
  if (!text.startsWith(first)) return false
  const last = rest.pop() ?? ''
  let at = first.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}

function subjectOf({ key, subject = key }: Judged): string {
  return subject
}

function kindOf(name: string): string {
  return patternParts(name).kind
}

function textOf(name: string): string {
  return patternParts(name).text ?? ''
}

function modeOf(path: string): 'ro' | 'rw' | null {
  const mode = /:(ro|rw)$/.exec(path)?.[1]
  return mode === 'ro' || mode === 'rw' ? mode : null
}

function withoutMode(path: string): string {
  return path.replace(/:(ro|rw)$/, '')
}

function reachesDenied(path: string, pattern: string): boolean {
  return isWithin(path, pattern) || holdsDenied(path, pattern)
}

/** At what the pattern says, or beneath. */
function isWithin(path: string, pattern: string): boolean {
  return matchesGlob(pattern, path) || matchesGlob(pattern.endsWith('/') ? `${pattern}*` : `${pattern}/*`, path)
}

/** Whether it is on the way to what the pattern says, `*` being one name or a part of one. */
function holdsDenied(path: string, pattern: string): boolean {
  const [names, wanted] = [namesOf(path), namesOf(pattern)]
  return names.length < wanted.length && names.every((name, at) => matchesGlob(wanted[at] ?? '', name))
}

function isAtOrIn(path: string, folder: string): boolean {
  return path === folder || isFolderOf(path, folder)
}

function isFolderOf(path: string, folder: string): boolean {
  return path !== folder && path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
}

function withPort(host: string): string {
  return hostAndPort(host).port === null ? `${host}:443` : host
}

/** Whether some host is meant by both. A pattern without a port is for each of them. */
function hostOverlaps(wanted: string, denied: string): boolean {
  const [own, other] = [hostAndPort(wanted), hostAndPort(denied)]
  return globsOverlap(own.host, other.host) && globsOverlap(own.port ?? '*', other.port ?? '*')
}

function hostAndPort(text: string): { readonly host: string; readonly port: string | null } {
  const port = /:([0-9*]+)$/.exec(text)?.[1] ?? null
  return { host: port === null ? text : text.slice(0, -port.length - 1), port }
}

/** Between their ends two patterns with a `*` can always be made to agree. */
function globsOverlap(one: string, other: string): boolean {
  if (!one.includes('*')) return matchesGlob(other, one)
  if (!other.includes('*')) return matchesGlob(one, other)
  const [head, otherHead] = [one.slice(0, one.indexOf('*')), other.slice(0, other.indexOf('*'))]
  const [tail, otherTail] = [one.slice(one.lastIndexOf('*') + 1), other.slice(other.lastIndexOf('*') + 1)]
  return (
    (head.startsWith(otherHead) || otherHead.startsWith(head)) && (tail.endsWith(otherTail) || otherTail.endsWith(tail))
  )
}
