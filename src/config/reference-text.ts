// References to the host's variables, as they are written: `${env:NAME}`, `${env:NAME:-default}`, and `$${` for a plain `${`.

const wellFormed = /\$\$\{|\$\{env:[A-Za-z_][A-Za-z0-9_]*(?::-(?:(?!\$\{)[^}])*)?\}/g

/** What is wrong with a text in which references may stand; null if nothing is. */
export function referenceMistake(text: string): string | null {
  const rest = text.replaceAll(wellFormed, (match) => ' '.repeat(match.length))
  const start = rest.indexOf('${')
  if (start === -1) return null
  const end = text.indexOf('}', start)
  const written = end === -1 ? text.slice(start) : text.slice(start, end + 1)
  return (
    `"${written}" cannot be read. A variable of the host is \${env:NAME} or \${env:NAME:-default}` +
    ' (a default has no reference in it); a plain ${ is written $${.'
  )
}

/** A literal text as a value in which references may stand. */
export function escapeReferences(text: string): string {
  // As a function: `$$` in a replacement would be one dollar sign.
  return text.replaceAll('${', () => '$${')
}
