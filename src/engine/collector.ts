import type { Sink } from './sink.js'

/** Keeps what is written to it. */
export function collector(): Sink & { text(): string } {
  const pieces: Buffer[] = []
  return {
    async write(piece) {
      pieces.push(piece)
    },
    failure: () => undefined,
    forget: () => undefined,
    text: () => Buffer.concat(pieces).toString(),
  }
}
