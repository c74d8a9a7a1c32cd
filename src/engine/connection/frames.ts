// Standard output and error of a command without a terminal come on one connection, in frames: one byte which of the two,
// three of nothing, four of length, the piece.

import type { Sink } from './sink.js'

const headerLength = 8
const errorStream = 2

/** Until the end of `source`. Waits for the slower of the two, so that a reader that stops holds the command up. */
export async function splitFrames(source: AsyncIterable<Buffer>, output: Sink, errors: Sink): Promise<void> {
  let header = Buffer.alloc(0)
  let missing = 0
  let target = output
  for await (const chunk of source) {
    let rest = chunk
    while (rest.length > 0) {
      if (missing === 0) {
        const taken = headerLength - header.length
        header = Buffer.concat([header, rest.subarray(0, taken)])
        rest = rest.subarray(taken)
        if (header.length < headerLength) continue
        missing = header.readUInt32BE(4)
        target = header[0] === errorStream ? errors : output
        header = Buffer.alloc(0)
      } else {
        const piece = rest.subarray(0, missing)
        missing -= piece.length
        rest = rest.subarray(piece.length)
        await target.write(piece)
      }
    }
  }
}

/** All of a source that has no frames. */
export async function copy(source: AsyncIterable<Buffer>, output: Sink): Promise<void> {
  for await (const chunk of source) await output.write(chunk)
}
