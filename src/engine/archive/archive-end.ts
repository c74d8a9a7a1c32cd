// Whether an archive that the engine sends is whole: it tells of no failure once it has begun to send.

import { fail } from '../../model/diagnostic.js'

/** In bytes: an archive ends with two blocks of zeros. */
const endLength = 1024

/** Looks at what passes, and keeps no more of it than its end. */
export class ArchiveEnd {
  #end: Buffer = Buffer.alloc(0)

  pass(chunk: Buffer): void {
    const both = chunk.length >= endLength ? chunk : Buffer.concat([this.#end, chunk])
    this.#end = both.subarray(-endLength)
  }

  /** To be called once nothing more comes. Throws `engine/archive-cut`. */
  check(): void {
    if (this.#end.length === endLength && this.#end.every((byte) => byte === 0)) return
    failCut()
  }
}

export function failCut(): never {
  fail('engine/archive-cut', 'The engine sent an archive that is not whole', {
    detail: 'It ends before its end, which happens when the engine cannot read what is in it, or is ended itself.',
  })
}
