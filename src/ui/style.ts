// How a stream is written to: how wide it is, whether it takes colour, which characters it can show.

import { styleText } from 'node:util'

export type Style = {
  /** Columns that a line may fill. */
  readonly columns: number
  readonly hasColour: boolean
  /** Whether characters beyond ASCII can be drawn. */
  readonly hasUnicode: boolean
  readonly isTerminal: boolean
}

/** What a text means; colour adds to it and never carries it alone. */
export type Paint = 'added' | 'changed' | 'removed' | 'attention' | 'strong' | 'faint'

const formats = {
  added: 'green',
  changed: 'yellow',
  removed: 'red',
  attention: 'magenta',
  strong: 'bold',
  faint: 'dim',
} as const satisfies Record<Paint, string>

/** For tests, and wherever nothing is known of who reads. */
export const plainStyle: Style = { columns: 80, hasColour: false, hasUnicode: false, isTerminal: false }

type StyledStream = { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined }

/** `allowColour` is false after `--no-color`, which wins over the environment; NO_COLOR wins over FORCE_COLOR. */
export function streamStyle(
  stream: StyledStream,
  env: Readonly<Record<string, string | undefined>>,
  allowColour = true,
): Style {
  const isTerminal = stream.isTTY === true
  const isDumb = env['TERM'] === 'dumb'
  return {
    columns: columnsOf(stream, env),
    hasColour: allowColour && !isSet(env['NO_COLOR']) && (forcedColour(env['FORCE_COLOR']) ?? (isTerminal && !isDumb)),
    hasUnicode: isTerminal && !isDumb && isUtf8(env),
    isTerminal,
  }
}

function columnsOf(stream: StyledStream, env: Readonly<Record<string, string | undefined>>): number {
  for (const columns of [stream.columns, Number(env['COLUMNS'])]) {
    if (columns !== undefined && Number.isInteger(columns) && columns > 0) return Math.max(columns, 40)
  }
  return 80
}

function forcedColour(value: string | undefined): boolean | undefined {
  return value === undefined ? undefined : !['0', 'false'].includes(value)
}

/** By the locale that decides about characters: the first of these three that is set. */
function isUtf8(env: Readonly<Record<string, string | undefined>>): boolean {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find(isSet) ?? ''
  return /utf-?8/i.test(locale)
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== ''
}

export function paint(style: Style, format: Paint, text: string): string {
  // The decision is made above, from the stream that is really written to; Node would look at its own standard output.
  return style.hasColour && text !== '' ? styleText(formats[format], text, { validateStream: false }) : text
}
