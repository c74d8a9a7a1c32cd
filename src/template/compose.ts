// The YAML files that a template and its lock are: from a text to a document, with what is wrong with it by its place.

import { Composer, Document, Lexer, LineCounter, Parser } from 'yaml'
import { mostLexemes, tokensWithinBounds } from '../model/yaml-bounds.js'

export type Composed = {
  readonly document: Document
  readonly lines: LineCounter
  /** Sentences without their stop. */
  readonly mistakes: readonly { readonly offset: number; readonly detail: string }[]
}

const mostMistakes = 20

export function composeDocument(text: string): Composed {
  const lines = new LineCounter()
  lines.addNewLine(0)
  const read = tokensWithinBounds(new Parser(lines.addNewLine), new Lexer().lex(text))
  if (read.excess !== null) {
    const { is, offset } = read.excess
    const long = `Up to here it has more than ${mostLexemes} words, marks and ends of lines, and no more are read`
    const detail = is === 'long' ? long : 'Lists and mappings lie in each other too deeply to be read'
    return { document: new Document(), lines, mistakes: [{ offset, detail }] }
  }
  const composer = new Composer({ uniqueKeys: true, stringKeys: true, prettyErrors: false })
  const [document = new Document(), second] = composer.compose(read.tokens, true, text.length)
  const mistakes = document.errors
    .slice(0, mostMistakes)
    .map(({ pos, message, code }) => ({ offset: pos[0], detail: message.split('\n')[0] ?? code }))
  if (second !== undefined) mistakes.push({ offset: second.range[0], detail: 'A second document begins here' })
  return { document, lines, mistakes }
}
