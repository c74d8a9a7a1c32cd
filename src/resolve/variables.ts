// References to variables of the host in a value: `${env:X}`, `${env:X:-default}`, and `$${` for a plain `${`.
// As in a shell, the default also takes the place of an empty value. Any other `${` was refused when the file was read.

export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string; readonly fallback: string | null }

export type HostEnv = Readonly<Record<string, string | undefined>>

const token = /\$\$\{|\$\{env:([A-Za-z_][A-Za-z0-9_]*)(?::-((?:(?!\$\{)[^}])*))?\}/g

export function parseReferences(text: string): readonly Part[] {
  const parts: Part[] = []
  let plain = ''
  let end = 0
  const flush = (): void => {
    if (plain !== '') parts.push({ kind: 'text', text: plain })
    plain = ''
  }
  for (const match of text.matchAll(token)) {
    plain += text.slice(end, match.index)
    end = match.index + match[0].length
    const name = match[1]
    if (name === undefined) {
      plain += '${'
    } else {
      flush()
      parts.push({ kind: 'variable', name, fallback: match[2] ?? null })
    }
  }
  plain += text.slice(end)
  flush()
  return parts
}

/** Names of the host variables that the parts read, each once, in order. */
export function variableNames(parts: readonly Part[]): readonly string[] {
  return [...new Set(parts.flatMap((part) => (part.kind === 'variable' ? [part.name] : [])))]
}

export type Evaluated =
  | { readonly kind: 'value'; readonly value: string }
  /** Variables that are neither set nor have a default. */
  | { readonly kind: 'missing'; readonly names: readonly string[] }

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
  return missing.size > 0 ? { kind: 'missing', names: [...missing] } : { kind: 'value', value }
}
