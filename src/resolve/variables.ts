// References to variables of the host in a value: `${env:X}`, `${env:X:-default}`, and `$${` for a plain `${`.
// As in a shell, the default also takes the place of an empty value.

import { fail, type Position } from '../model/diagnostic.js'

export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string; readonly fallback: string | null }

export type HostEnv = Readonly<Record<string, string | undefined>>

const token = /\$\$\{|\$\{env:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g

/** Any other `${` than a reference is an error, so that a mistyped one is never handed on as text. */
export function parseTemplateText(text: string, at?: Position): readonly Part[] {
  const parts: Part[] = []
  let plain = ''
  let end = 0
  for (const match of text.matchAll(token)) {
    plain += text.slice(end, match.index)
    end = match.index + match[0].length
    const name = match[1]
    if (name !== undefined) {
      if (plain !== '') parts.push({ kind: 'text', text: plain })
      plain = ''
      parts.push({ kind: 'variable', name, fallback: match[2] ?? null })
    } else if (match[0] === '$${') {
      plain += '${'
    } else {
      fail('resolve/bad-reference', 'A reference to a host variable cannot be read', {
        at,
        detail:
          `What begins at character ${match.index + 1} of the value is neither \${env:NAME} nor \${env:NAME:-default}. ` +
          'Write $${ for a plain ${.',
      })
    }
  }
  plain += text.slice(end)
  if (plain !== '') parts.push({ kind: 'text', text: plain })
  return parts
}

/** Names of the host variables that the parts read, each once, in order. */
export function variableNames(parts: readonly Part[]): readonly string[] {
  return [...new Set(parts.flatMap((part) => (part.kind === 'variable' ? [part.name] : [])))]
}

export type Evaluated =
  | { readonly value: string }
  /** Variables that are neither set nor have a default. */
  | { readonly missing: readonly string[] }

export function evaluate(parts: readonly Part[], env: HostEnv): Evaluated {
  const missing = new Set<string>()
  let value = ''
  for (const part of parts) {
    if (part.kind === 'text') {
      value += part.text
      continue
    }
    const found = env[part.name]
    if (part.fallback !== null) value += found === undefined || found === '' ? part.fallback : found
    else if (found === undefined) missing.add(part.name)
    else value += found
  }
  return missing.size > 0 ? { missing: [...missing] } : { value }
}
