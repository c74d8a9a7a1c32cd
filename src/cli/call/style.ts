import type { WriteStream } from 'node:tty'
import { streamStyle, type Style } from '../../ui/style.js'
import type { Invocation } from './invocation.js'

export type StyledStream = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>

export function styleOf(invocation: Invocation, stream: StyledStream): Style {
  return streamStyle(stream, invocation.env, invocation.options.color)
}
