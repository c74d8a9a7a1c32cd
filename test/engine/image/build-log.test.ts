// What BuildKit tells, message by message: steps run beside each other, and what they print comes in pieces.

import { expect, test } from 'vitest'
import { buildKitLog } from '../../../src/engine/image/build-log.js'

/** One field of a protocol buffers message: text or a message as bytes, a number as a number. */
function field(number: number, value: string | Buffer | number): Buffer {
  if (typeof value === 'number') return Buffer.from([number * 8, value])
  const bytes = Buffer.from(value)
  const length: number[] = []
  for (let rest = bytes.length; ; rest >>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest)
    if (rest <= 127) break
  }
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length]), bytes])
}

const time = field(1, 1)
const started = field(5, time)
const completed = field(6, time)
const trace = (...fields: readonly Buffer[]) => ({
  ...{ id: 'moby.buildkit.trace', aux: Buffer.concat(fields).toString('base64') },
})
const vertex = (digest: string, name: string, ...more: readonly Buffer[]) =>
  field(1, Buffer.concat([field(1, digest), field(2, 'input'), field(3, name), ...more]))
const printed = (digest: string, text: string) =>
  field(3, Buffer.concat([field(1, digest), field(2, time), field(3, 1), field(4, text)]))

test('steps are told when they begin, in the words of the classic builder', () => {
  const log = buildKitLog()
  expect(log.read(trace(vertex('i', '[internal] load metadata for debian:12', started)))).toEqual([])
  expect(log.read(trace(vertex('a', '[1/3] FROM debian:12')))).toEqual([])
  expect(log.read(trace(vertex('a', '[1/3] FROM debian:12', started)))).toEqual(['Step 1/3 : FROM debian:12'])
  expect(log.read(trace(vertex('a', '[1/3] FROM debian:12', field(4, 1), started, completed)))).toEqual([])
  const cached = vertex('b', '[build 2/3] RUN make', field(4, 1), started, completed)
  expect(log.read(trace(cached))).toEqual(['Step build 2/3 : RUN make', ' ---> Using cache'])
  expect(log.read({ stream: 'Successfully tagged x:1\n' })).toEqual(['Successfully tagged x:1'])
})

test('what steps print beside each other stays theirs, and lines stay whole', () => {
  const log = buildKitLog()
  log.read(trace(vertex('a', '[2/3] RUN one', started), vertex('b', '[build 2/2] RUN other', started)))
  expect(log.read(trace(printed('a', 'half a '), printed('b', 'other\n')))).toEqual(['other'])
  expect(log.read(trace(printed('a', `line\n${'x'.repeat(300)}`)))).toEqual(['half a line'])
  const failed = vertex('a', '[2/3] RUN one', started, completed, field(7, 'exit code: 3'))
  expect(log.read(trace(failed))).toEqual(['x'.repeat(300)])
  log.read(trace(vertex('b', '[build 2/2] RUN other', started, completed, field(7, 'context canceled'))))
  expect(log.failed()).toEqual({ instruction: 'Step 2/3 : RUN one', lines: ['half a line', 'x'.repeat(300)] })
})

test('the last twenty lines of a step are kept', () => {
  const log = buildKitLog()
  log.read(trace(vertex('a', '[2/2] RUN many', started)))
  for (let line = 1; line <= 30; line++) log.read(trace(printed('a', `line ${line}\n`)))
  log.read(trace(vertex('a', '[2/2] RUN many', started, completed, field(7, 'exit code: 1'))))
  expect(log.failed().lines).toHaveLength(20)
  expect(log.failed().lines[0]).toBe('line 11')
})

test('before the first step it is the Dockerfile that is read', () => {
  expect(buildKitLog().failed()).toEqual({ instruction: 'reading the Dockerfile', lines: [] })
})
