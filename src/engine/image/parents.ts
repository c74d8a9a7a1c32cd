// What a build stands on that is no stage of its own: to be pulled with the user's login before the builder asks.

import type { BuildContext } from '../../model/template.js'

/** References of images, each once. A name that only the builder can work out is not among them. */
export function parentReferences({ files, dockerfile, buildArgs }: BuildContext): string[] {
  const file = files[dockerfile]
  if (file === undefined || !('text' in file)) return []
  const values: Record<string, string> = {}
  const stages = new Set<string>(['scratch'])
  const found = new Set<string>()
  let isBeforeStages = true
  for (const line of instructions(file.text)) {
    // Only what is said before the first stage counts in a FROM.
    const [, name = '', fallback] = /^ARG\s+(\w+)(?:=(.*))?$/i.exec(line) ?? []
    if (name !== '' && isBeforeStages) {
      values[name] = buildArgs[name] ?? (fallback ?? '').replace(/^(["'])(.*)\1$/, '$2')
    }
    const [, from, stage] = /^FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?$/i.exec(line) ?? []
    if (from !== undefined) isBeforeStages = false
    const [, copied] = /^COPY\s+(?:--\S+\s+)*?--from=(\S+)/i.exec(line) ?? []
    const reference = withValues(from ?? copied ?? '', values)
    if (reference !== null && !stages.has(reference.toLowerCase()) && !/^\d+$/.test(reference)) found.add(reference)
    if (stage !== undefined) stages.add(stage.toLowerCase())
  }
  return [...found]
}

/** Null where a value is not known, or nothing is left. */
function withValues(text: string, values: Readonly<Record<string, string>>): string | null {
  let isKnown = true
  const replaced = text.replaceAll(
    /\$(?:(\w+)|\{(\w+)(?::-([^}]*))?\})/g,
    (_, bare?: string, braced?: string, fallback?: string) => {
      const value = values[bare ?? braced ?? ''] || fallback
      if (value === undefined || value === '') isKnown = false
      return value ?? ''
    },
  )
  return isKnown && replaced !== '' && !replaced.includes('$') ? replaced : null
}

/** Lines without comments, continued ones as one, and without the texts that BuildKit takes up to a mark (`<<EOF`). */
function instructions(text: string): string[] {
  const lines = text
    .split(/\r?\n/)
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replaceAll(/\\[ \t]*\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
  const found: string[] = []
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? ''
    found.push(line)
    const [, mark] = /^(?:RUN|COPY|ADD)\s.*<<-?(["']?)(\w+)\1/i.exec(line)?.slice(1) ?? []
    const end = mark === undefined ? -1 : lines.indexOf(mark, index + 1)
    if (end !== -1) index = end
  }
  return found
}
