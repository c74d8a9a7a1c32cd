// What passes between two gits, counted and timed, and what git here says besides.

import { Transform, type Readable } from 'node:stream'

/** Looks at what passes: `silence` is in milliseconds, and runs anew from each byte of any of its streams. */
export class Watch {
  readonly #silence: number
  readonly #onSilence: () => void
  #timer: NodeJS.Timeout

  constructor(silence: number, onSilence: () => void) {
    this.#silence = silence
    this.#onSilence = onSilence
    this.#timer = setTimeout(onSilence, silence)
  }

  /** One that hands on up to so many bytes. */
  stream(most: number, onMore: () => void): Transform {
    let left = most
    return new Transform({
      transform: (piece: Buffer, _encoding, done) => {
        clearTimeout(this.#timer)
        this.#timer = setTimeout(this.#onSilence, this.#silence)
        left -= piece.length
        if (left >= 0) return done(null, piece)
        onMore()
        done()
      },
    })
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}

/** What a stream gave, up to so many bytes; lines of progress are handed on as they come, and not kept. */
export function kept(
  stream: Readable,
  most: number,
  onMore: () => void,
  onProgress: ((line: string) => void) | undefined = undefined,
): () => string {
  const pieces: Buffer[] = []
  let left = most
  stream.on('data', (piece: Buffer) => {
    for (const [line] of piece
      .toString('latin1')
      .matchAll(/^(?:Counting|Compressing|Writing) objects: +\d+%[^\r\n]*/gm))
      onProgress?.(line)
    if (left > 0) pieces.push(piece.subarray(0, left))
    left -= piece.length
    if (left < 0) onMore()
  })
  return () => Buffer.concat(pieces).toString()
}
