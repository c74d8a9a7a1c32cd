import type { YAMLError } from 'yaml'

/** What is wrong with the YAML, and what to do about it. */
export function syntaxDetail(error: YAMLError): string {
  const said = `${error.message
    .replace(/\s+/g, ' ')
    .replace(/[.:]? at line \d+, column \d+:?$/, '')
    .replace(/\.$/, '')}.`
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return 'A line is indented with a tab; YAML takes spaces only.'
    case 'BAD_INDENT':
      return `${said} Every key of a mapping begins in the same column.`
    case 'MULTIPLE_DOCS':
      return 'A second document begins here. Take out the `---` or `...` line and what follows it.'
    case 'RESOURCE_EXHAUSTION':
      return 'Lists and mappings lie in each other too deeply to be read.'
    case 'TAG_RESOLVE_FAILED':
      return `${said} Tags of one's own mean nothing here.`
    default:
      return said
  }
}
