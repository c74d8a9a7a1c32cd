// What a program writes to a terminal, taken apart: characters, control characters and the sequences that move, erase and
// switch. Reads piece by piece, in time that goes with the length, and keeps no more than a few bytes of what is not whole.

export type TerminalOperation =
  | { readonly kind: 'text'; readonly text: string }
  /** A C0 character, or the letter of an escape that stands for a C1 one. */
  | { readonly kind: 'control'; readonly code: '\b' | '\t' | '\n' | '\r' }
  | { readonly kind: 'escape'; readonly final: string }
  /** `marks` are what stands before the numbers and between them and the end: `?` of a private one. */
  | { readonly kind: 'sequence'; readonly marks: string; readonly numbers: readonly number[]; readonly final: string }

type State = 'text' | 'escape' | 'escape-rest' | 'sequence' | 'string'

/** Of the parameters of a sequence. A longer one is passed over. */
const mostParameters = 64

// What begins a string that ends with ST: DCS, SOS, OSC, PM and APC, as escapes and as characters of their own.
const stringEscapes = 'PX]^_'
const stringCharacters = '\u0090\u0098\u009d\u009e\u009f'

export class TerminalSequences {
  #state: State = 'text'
  #parameters = ''
  readonly #decoder = new TextDecoder('utf-8');

  /** What is not whole at the end comes with the next piece. */
  *read(piece: Uint8Array): Generator<TerminalOperation> {
    const text = this.#decoder.decode(piece, { stream: true })
    let begin = 0
    for (let at = 0; at < text.length; at++) {
      const character = text[at] ?? ''
      if (this.#state === 'text' && character >= ' ' && (character < '\x7f' || character > '\u009f')) continue
      if (this.#state === 'text' && begin < at) yield { kind: 'text', text: text.slice(begin, at) }
      begin = at + 1
      const operation = this.#take(character)
      if (operation !== null) yield operation
    }
    if (this.#state === 'text' && begin < text.length) yield { kind: 'text', text: text.slice(begin) }
  }

  /** Of a character that is no text, or is part of what another began. */
  #take(character: string): TerminalOperation | null {
    if (character === '\x18' || character === '\x1a') return this.#become('text')
    // It ends a string as well: the backslash behind it is then an escape that does nothing.
    if (character === '\x1b') return this.#become('escape')
    if (this.#state === 'string') {
      return character === '\x07' || character === '\u009c' ? this.#become('text') : null
    }
    if (character >= '\x80' && character <= '\x9f') return this.#begin(character)
    if (character < ' ' || character === '\x7f') return controlOf(character)
    switch (this.#state) {
      case 'escape':
        return this.#inEscape(character)
      case 'escape-rest':
        return character >= '0' ? this.#become('text') : null
      case 'sequence':
        return this.#inSequence(character)
      case 'text':
        return null
    }
  }

  #become(state: State): null {
    this.#state = state
    this.#parameters = ''
    return null
  }

  /** A character of C1 is what the escape with the letter 0x40 above it would be. */
  #begin(character: string): TerminalOperation | null {
    if (stringCharacters.includes(character)) return this.#become('string')
    this.#become('escape')
    return this.#inEscape(String.fromCharCode(character.charCodeAt(0) - 0x40))
  }

  #inEscape(character: string): TerminalOperation | null {
    if (character === '[') return this.#become('sequence')
    if (stringEscapes.includes(character)) return this.#become('string')
    if (character < '0') return this.#become('escape-rest')
    this.#become('text')
    return { kind: 'escape', final: character }
  }

  #inSequence(character: string): TerminalOperation | null {
    if (character < '@' || character > '~') {
      if (character > '~') return this.#become('text')
      if (this.#parameters.length < mostParameters) this.#parameters += character
      return null
    }
    const parameters = this.#parameters
    this.#become('text')
    if (parameters.length >= mostParameters) return null
    const numbers = parameters.replace(/[^0-9;:]/g, '').split(/[;:]/)
    return {
      kind: 'sequence',
      marks: parameters.replace(/[0-9;:]/g, ''),
      numbers: numbers.map(Number),
      final: character,
    }
  }
}

function controlOf(character: string): TerminalOperation | null {
  switch (character) {
    case '\b':
    case '\t':
    case '\n':
    case '\r':
      return { kind: 'control', code: character }
    case '\v':
    case '\f':
      return { kind: 'control', code: '\n' }
    default:
      return null
  }
}
