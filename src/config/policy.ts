// The user's own policy, beside their personal sandbox.yaml: what they allow any sandbox beforehand, and what they refuse.

import { DiagnosticError, type Diagnostic } from '../model/diagnostic.js'
import { isJsonObject, pointer, type JsonPointer } from '../model/json.js'
import { isPolicyKind, patternParts, policyKinds, type Policy, type PolicyRule } from '../model/policy.js'
import { readOwnFile } from './own-file.js'
import type { ParsedFile } from './parse.js'
import { positionAt } from './source-text.js'
import { didYouMean } from './suggest.js'

/** What of this machine a policy is read with. */
export type PolicyPlace = {
  readonly configFolder: string
  readonly home: string
  readonly uid: number
  /** The real path of one that is there; null of one that is not. */
  readonly realPath: (path: string) => string | null
}

const lists = ['deny', 'allow'] as const
type List = (typeof lists)[number]

/** Null where there is none. Throws a DiagnosticError with all that is wrong with it: half a policy is none. */
export function readPolicy(place: PolicyPlace): Policy | null {
  const parsed = readOwnFile({
    ...{ configFolder: place.configFolder, name: 'policy.yaml', uid: place.uid },
    writable: {
      ...{ code: 'policy/writable', summary: 'Others can change your policy' },
      detail: ', and what it allows no sandbox asks about',
    },
  })
  if (parsed === null) return null
  const { file } = parsed
  const problems: Diagnostic[] = []
  // The home folder itself no agent can swap, and what is mounted is told without links.
  const home = place.realPath(place.home) ?? place.home
  const policy: Policy = { file: place.realPath(file) ?? file, ...rulesOf(parsed, { ...place, home }, problems) }
  if (problems.length > 0) throw new DiagnosticError(problems)
  return policy
}

function rulesOf(file: ParsedFile, place: PolicyPlace, problems: Diagnostic[]): Pick<Policy, List> {
  const rules: Record<List, PolicyRule[]> = { deny: [], allow: [] }
  if (!isJsonObject(file.value)) {
    problems.push(wrongType(file, '', 'A policy has the lists `deny` and `allow`.'))
    return rules
  }
  for (const [key, value] of Object.entries(file.value)) {
    const list = lists.find((each) => each === key)
    if (list === undefined) {
      problems.push({
        ...{ severity: 'error', code: 'policy/unknown-key', summary: 'A policy has no such key' },
        detail: `\`${key}\` is none of them. ${didYouMean(key, lists)}`,
        at: positionAt(file, file.keys.get(pointer(key)) ?? { start: 0, end: 1 }),
      })
    } else if (!Array.isArray(value)) {
      problems.push(wrongType(file, pointer(key), `\`${key}\` is a list of patterns, such as ["mount:~/.ssh"].`))
    } else {
      for (const index of value.keys()) rules[list].push(...rulesAt(file, list, index, place, problems))
    }
  }
  return rules
}

/** Two where what is denied is a link: neither the place nor what it leads to is to be reached. */
function rulesAt(
  file: ParsedFile,
  list: List,
  index: number,
  place: PolicyPlace,
  problems: Diagnostic[],
): readonly PolicyRule[] {
  const path = pointer(list, index)
  const written = isJsonObject(file.value) ? (file.value[list] as readonly unknown[])[index] : undefined
  if (typeof written !== 'string') {
    problems.push(wrongType(file, path, 'A pattern is text, such as "mount:~/.ssh" or socket.'))
    return []
  }
  const at = positionAt(file, file.values.get(path) ?? { start: 0, end: 1 })
  const problem = mistakeIn(written, list)
  if (problem !== null) {
    problems.push({ severity: 'error', ...problem, at })
    return []
  }
  const pattern = withHome(written, place.home)
  const rule = { pattern, at }
  // A link that allows could be put there by whoever can write beside it; one that denies can only deny more.
  const real = list === 'deny' ? ofRealPath(pattern, place.realPath) : pattern
  return real === pattern ? [rule] : [rule, { pattern: real, at }]
}

function mistakeIn(written: string, list: List): Pick<Diagnostic, 'code' | 'summary' | 'detail'> | null {
  const { kind, text } = patternParts(written)
  if (!isPolicyKind(kind)) {
    const known = Object.keys(policyKinds)
    const detail = `\`${kind}\` is none. ${didYouMean(kind, known)}`
    return { code: 'policy/unknown-grant', summary: 'There is no such kind of grant', detail }
  }
  const bad = (detail: string) => ({ code: 'policy/bad-pattern', summary: 'The pattern cannot be meant', detail })
  const form = policyKinds[kind]
  if (form === 'named' && list === 'allow') {
    return bad(
      `A file chooses the name of what \`${kind}\` stands for, so that this would allow anything. ` +
        'Write what is read: `env:NAME` or `file:~/PATH`.',
    )
  }
  if (text === null) return null
  if (form === 'alone') return bad(`\`${kind}\` is a pattern by itself, without a colon.`)
  if (text === '') return bad(`Behind \`${kind}:\` there is nothing. For each of them write \`${kind}\` alone.`)
  if (form === 'path' && !/^(\/|~(\/|$)|\*)/.test(text.replace(/:(ro|rw)$/, '') || text)) {
    return bad(`The path in \`${written}\` is not whole: begin it with / or ~/.`)
  }
  if (form === 'path' && /(^|\/)\.\.?(\/|$)/.test(text)) return bad(`No path has . or .. as one of its parts.`)
  if (kind === 'host' && text !== text.toLowerCase()) return bad('Hosts are written in lower case.')
  return null
}

/** Without a slash at the end of a path, as real paths are. */
function withHome(written: string, home: string): string {
  const { kind, text } = patternParts(written)
  if (text === null || !isPolicyKind(kind)) return written
  if (policyKinds[kind] !== 'path' && kind !== 'template') return written
  const path = /^~(?=\/|$|:r[ow]$)/.test(text) ? home + text.slice(1) : text
  return `${kind}:${kind === 'template' ? path : path.replace(/(?<=.)\/+(?=(:r[ow])?$)/, '')}`
}

function ofRealPath(pattern: string, realPath: PolicyPlace['realPath']): string {
  const { kind, text } = patternParts(pattern)
  if (text === null || !isPolicyKind(kind) || policyKinds[kind] !== 'path' || text.includes('*')) return pattern
  const mode = kind === 'mount' ? (/:(ro|rw)$/.exec(text)?.[0] ?? '') : ''
  const real = realPath(mode === '' ? text : text.slice(0, -mode.length))
  return real === null ? pattern : `${kind}:${real}${mode}`
}

function wrongType(file: ParsedFile, path: JsonPointer, detail: string): Diagnostic {
  const at = positionAt(file, file.values.get(path) ?? { start: 0, end: 1 })
  return { severity: 'error', code: 'policy/wrong-type', summary: 'The value is of another type', detail, at }
}
