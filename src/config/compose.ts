// From a text to the tree of its nodes, or what is wrong with it as YAML.

import { Composer, Lexer, Parser, type Document, type Node, type YAMLError } from 'yaml'
import type { Diagnostic } from '../model/diagnostic.js'
import { mostLexemes, tokensWithinBounds } from '../model/yaml-bounds.js'
import { controlCharacterName, forbiddenInText } from './control-characters.js'
import { positionAt, type Range, type SourceText } from './source-text.js'
import { syntaxDetail } from './syntax-detail.js'

/** `lexemes`: how much of it was read, as `mostLexemes` counts. */
export type Composed = { readonly lexemes: number } & (
  { readonly contents: Node | null } | { readonly problems: readonly Diagnostic[] }
)

export const maximumDepth = 32
const maximumSyntaxErrors = 20

export function composeDocument(source: SourceText): Composed {
  const { text } = source
  const control = controlCharacters(source)
  if (control.length > 0) return { problems: control, lexemes: 0 }
  const read = tokensWithinBounds(new Parser(), new Lexer().lex(text))
  const { lexemes } = read
  if (read.excess !== null) {
    const at = { start: read.excess.offset, end: read.excess.offset + 1 }
    return { problems: [read.excess.is === 'deep' ? tooDeep(source, at) : tooLong(source, at)], lexemes }
  }
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    merge: false,
    prettyErrors: false,
    // Told by who walks over the nodes and knows both places.
    uniqueKeys: false,
  })
  const [document, second] = composer.compose(read.tokens, true, text.length)
  const problems = document === undefined ? [] : problemsOf(source, document)
  if (second !== undefined) problems.push(severalDocuments(source, second.range))
  if (problems.length > 0) return { problems: problems.slice(0, maximumSyntaxErrors), lexemes }
  return { contents: document?.contents ?? null, lexemes }
}

export function tooDeep(source: SourceText, range: Range): Diagnostic {
  return {
    severity: 'error',
    code: 'config/too-deep',
    summary: 'The file is nested too deeply',
    detail: `Mappings and lists may lie in each other at most ${maximumDepth} deep.`,
    at: positionAt(source, range),
  }
}

function tooLong(source: SourceText, range: Range): Diagnostic {
  return {
    severity: 'error',
    code: 'config/too-large',
    summary: 'The file is too large',
    detail: `Up to here it has more than ${mostLexemes} words, marks and ends of lines, and no more are read.`,
    at: positionAt(source, range),
  }
}

function severalDocuments(source: SourceText, [start, end]: readonly [number, number, ...unknown[]]): Diagnostic {
  return {
    severity: 'error',
    code: 'config/several-documents',
    summary: 'A config file is one YAML document',
    detail: 'A second document begins here. Take out the `---` or `...` line and what follows it.',
    at: positionAt(source, { start, end }),
  }
}

function controlCharacters(source: SourceText): readonly Diagnostic[] {
  return [...source.text.matchAll(forbiddenInText)].slice(0, maximumSyntaxErrors).map((match) => ({
    severity: 'error',
    code: 'config/control-character',
    summary: 'Control characters are not allowed',
    detail: `There is a ${controlCharacterName(match[0])} in the text. Take it out, or write it as an escape where a value needs it.`,
    at: positionAt(source, { start: match.index, end: match.index + 1 }),
  }))
}

function problemsOf(source: SourceText, document: Document.Parsed): Diagnostic[] {
  const problems = [...document.errors, ...document.warnings]
    .slice(0, maximumSyntaxErrors)
    .map((error: YAMLError): Diagnostic => ({
      severity: 'error',
      code: 'config/syntax',
      summary: 'The file is not valid YAML',
      detail: syntaxDetail(error),
      at: positionAt(source, { start: error.pos[0], end: error.pos[1] }),
    }))
  const directive = document.directives.yaml
  if (directive.explicit === true && directive.version !== '1.2') {
    const start = Math.max(0, source.text.indexOf('%YAML'))
    problems.push({
      severity: 'error',
      code: 'config/syntax',
      summary: 'The file is not valid YAML',
      detail: 'A config file is YAML 1.2, where yes and no are text. Take the %YAML line out.',
      at: positionAt(source, { start, end: start + 9 }),
    })
  }
  return problems
}
