// A far end whose pack of a few hundred bytes stands for two gigabytes.

import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import type { FarEnd } from '../../../src/template/git-pipe.js'

const [blob, refDelta] = [3, 7]

/** Says that the branch is at this commit, and sends objects that are none of it. */
export function bombAt(branch: string, commit: string): FarEnd {
  const line = `${commit} ${branch}\n`
  const listed = `${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`
  return async (_service, { input, output }) => {
    output.write(listed)
    let asked = ''
    for await (const piece of input) {
      asked += String(piece)
      // The list is all that was wanted.
      if (asked === '0000') break
      if (!asked.endsWith('0009done\n')) continue
      output.write('0008NAK\n')
      output.write(bomb())
      break
    }
    output.end()
    return { exitCode: 0, stderr: '' }
  }
}

/** 64 KiB of nothing, and another file that is 32768 times that. */
function bomb(): Buffer {
  const base = Buffer.alloc(0x10000)
  const copies = 0x8000
  const delta = Buffer.concat([lengthOf(base.length), lengthOf(base.length * copies), Buffer.alloc(copies, 0x80)])
  const id = createHash('sha1')
    .update(`blob ${String(base.length)}\0`)
    .update(base)
    .digest()
  const pack = Buffer.concat([
    ...[Buffer.from('PACK'), Buffer.from([0, 0, 0, 2]), Buffer.from([0, 0, 0, 2])],
    ...[headOf(blob, base.length), deflateSync(base)],
    ...[headOf(refDelta, delta.length), id, deflateSync(delta)],
  ])
  return Buffer.concat([pack, createHash('sha1').update(pack).digest()])
}

function headOf(type: number, size: number): Buffer {
  const rest = Math.floor(size / 16)
  const first = (type << 4) | (size & 15)
  return rest === 0 ? Buffer.from([first]) : Buffer.concat([Buffer.from([first | 0x80]), lengthOf(rest)])
}

/** Seven bits a byte, the lowest first. */
function lengthOf(size: number): Buffer {
  const bytes: number[] = []
  for (let rest = size; ;) {
    const low = rest & 0x7f
    rest = Math.floor(rest / 128)
    bytes.push(rest === 0 ? low : low | 0x80)
    if (rest === 0) return Buffer.from(bytes)
  }
}
