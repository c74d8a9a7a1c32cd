// What a command inside prints, line by line, as long as lines may be and as many as there may be.

import { Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { withoutColours } from '../../engine/image/build-log.js'

/** Of one line, in characters: the rest is another line. */
const longest = 4096

export type OutputLines = {
  readonly stream: Writable
  /** The last of them, once the stream has ended. */
  readonly last: () => readonly string[]
}

/** Empty lines are left out; of a line that was written over only what stands there in the end is told. */
export function outputLines(tell: (line: string) => void, kept: number): OutputLines {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  let last: readonly string[] = []
  const take = (written: string): void => {
    const line = withoutColours(written.replace(/\r+$/, '')).replace(/^.*\r/s, '').trimEnd()
    if (line === '') return
    last = [...last, line].slice(-kept)
    tell(line)
  }
  const takeAll = (text: string): void => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(take)
    while (rest.length > longest) {
      take(rest.slice(0, longest))
      rest = rest.slice(longest)
    }
  }
  const stream = new Writable({
    write(piece: Buffer, _, done) {
      takeAll(decoder.write(piece))
      done()
    },
    final(done) {
      takeAll(`${decoder.end()}\n`)
      done()
    },
  })
  return { stream, last: () => last }
}
