// How much YAML is composed into values. Both bounds are looked at while a text is taken apart, which is one pass without
// recursion: what composes the tree calls itself for each level, and where the stack ends V8 can end the whole process. It
// also takes some ten microseconds a token, so that a mebibyte of brackets would be half a minute.
//
// The parser is handed in: which package it is from is no matter of the model.

/** What of `Parser` of the package `yaml` is used. */
type TokenParser<Token> = {
  /** Collections that are open, and the document around them. */
  readonly stack: readonly unknown[]
  /** Of what comes next in the text. */
  readonly offset: number
  next(lexeme: string): Iterable<Token>
  end(): Iterable<Token>
}

/** Of words, marks, comments, spaces and ends of lines: two to four thousand lines of a config file. */
export const mostLexemes = 20_000

/** More than any file needs, so that one a little too deep is still told where. */
const deepestStack = 100

/** `offset`: where the bound was passed. */
export type Excess = { readonly is: 'long' | 'deep'; readonly offset: number }

export type Tokens<Token> =
  | { readonly tokens: readonly Token[]; readonly excess: null; readonly lexemes: number }
  | { readonly excess: Excess; readonly lexemes: number }

/** Never reads more of the lexemes than the bounds allow. */
export function tokensWithinBounds<Token>(parser: TokenParser<Token>, lexemes: Iterable<string>): Tokens<Token> {
  const tokens: Token[] = []
  let count = 0
  for (const lexeme of lexemes) {
    count += 1
    if (count > mostLexemes) return { excess: { is: 'long', offset: parser.offset }, lexemes: count }
    for (const token of parser.next(lexeme)) tokens.push(token)
    if (parser.stack.length > deepestStack) return { excess: { is: 'deep', offset: parser.offset }, lexemes: count }
  }
  for (const token of parser.end()) tokens.push(token)
  return { tokens, excess: null, lexemes: count }
}
