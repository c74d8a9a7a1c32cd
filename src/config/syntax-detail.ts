import type { YAMLError } from 'yaml'

/** What is wrong with the YAML, and what to do about it. */
export function syntaxDetail(error: YAMLError): string {
  const said = `${error.message
    .replace(/\s+/g, ' ')
    .replace(/[.:]? at line \d+, column \d+:?$/, '')
    .replace(/\.$/, '')}.`
  if (error.code === 'TAB_AS_INDENT') return 'A line is indented with a tab; YAML takes spaces only.'
  if (error.code === 'BAD_INDENT') return `${said} Every key of a mapping begins in the same column.`
  if (error.code === 'TAG_RESOLVE_FAILED') return `${said} Tags of one's own mean nothing here.`
  return said
}
