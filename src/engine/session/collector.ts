import { fail } from '../../model/diagnostic.js'
import type { Sink } from '../connection/sink.js'

/** Of all that one command prints, in bytes: some files of an agent's settings, each of at most 4 MiB. */
const largestOutput = 32 * 1024 * 1024

export type Collector = Sink & { text(): string }

/** Standard output and standard error, which keep what is written to them. Throws `engine/command-output`. */
export function collectors(doing: string): readonly [output: Collector, errors: Collector] {
  let left = largestOutput
  const collector = (): Collector => {
    const pieces: Buffer[] = []
    return {
      async write(piece) {
        left -= piece.length
        if (left < 0) {
          fail('engine/command-output', 'A command in the sandbox prints too much', {
            detail: `It printed more than ${largestOutput / 1024 / 1024} MiB while sbx was trying to ${doing}.`,
          })
        }
        pieces.push(piece)
      },
      failure: () => undefined,
      forget: () => undefined,
      text: () => Buffer.concat(pieces).toString(),
    }
  }
  return [collector(), collector()]
}
