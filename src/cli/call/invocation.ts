// One call of the command line: its streams, its environment and the options every command has.

import type { ReadStream, WriteStream } from 'node:tty'
import type { JsonValue } from '../../model/json.js'
import { escapeControls } from '../../ui/characters.js'
import { jsonText } from '../../ui/json-text.js'
import { streamStyle } from '../../ui/style.js'
import { wrappedLines } from '../../ui/wrapped-lines.js'

export type Streams = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly workingFolder: string
  readonly input: NodeJS.ReadableStream & Partial<Pick<ReadStream, 'isTTY' | 'setRawMode'>>
  readonly output: NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'rows'>>
  readonly errors: NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'rows'>>
}

/** As commander gives them; `--no-color` makes `color` false. */
export type CommonOptions = {
  readonly json?: boolean
  readonly config?: string
  readonly profile?: string
  readonly host?: string
  readonly context?: string
  readonly color: boolean
  readonly quiet?: boolean
  readonly debug?: boolean
}

export type Invocation = Streams & {
  readonly options: CommonOptions
  /** Aborted by Ctrl-C, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal
}

/** Lines to standard output: the result of a command. Nothing in them steers a terminal, whoever wrote it. */
export function print(invocation: Invocation, lines: readonly string[]): void {
  printRendered(invocation, lines.map(escapeControls))
}

/** The same of lines with colour in them, or for no terminal, whose texts are escaped already. */
export function printRendered(invocation: Invocation, lines: readonly string[]): void {
  invocation.output.write(lines.map((line) => `${line}\n`).join(''))
}

/** Lines to standard error: warnings and what goes on; `--quiet` leaves them out. Escaped as what is printed is. */
export function tell(invocation: Invocation, lines: readonly string[]): void {
  if (invocation.options.quiet !== true) write(invocation, lines)
}

/** The same, of what belongs to a question and is to be read after `--quiet` too. */
export function write({ errors, env }: Invocation, lines: readonly string[]): void {
  const wrapped = wrappedLines(lines.map(escapeControls), streamStyle(errors, env))
  errors.write(wrapped.map((line) => `${line}\n`).join(''))
}

/** The same, for parts that have one line to tell. */
export function telling(invocation: Invocation): (line: string) => void {
  return (line) => tell(invocation, [line])
}

export function printJson(invocation: Invocation, document: JsonValue): void {
  invocation.output.write(`${jsonText(document)}\n`)
}

/** One document in one line, of which there can be many. */
export function printJsonLine(invocation: Invocation, document: JsonValue): void {
  invocation.output.write(`${jsonText(document, 0)}\n`)
}

/** The same call with other options or another signal. Not spread: that would open every stream. */
export function varied(
  invocation: Invocation,
  {
    options = {},
    signal = invocation.signal,
  }: { readonly options?: Partial<CommonOptions>; readonly signal?: AbortSignal },
): Invocation {
  return Object.create(invocation, {
    options: { value: { ...invocation.options, ...options } },
    signal: { value: signal },
  }) as Invocation
}

/** Whether a person is there to answer. */
export function isInteractive(invocation: Invocation): boolean {
  return invocation.input.isTTY === true && invocation.errors.isTTY === true && invocation.options.json !== true
}
