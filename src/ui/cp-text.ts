// What `sbx cp` says of a copy: names are what somebody in a sandbox called them.

import type { Copied } from '../model/copied.js'
import type { JsonObject } from '../model/json.js'
import { escapeControls } from './characters.js'
import { formatVersion } from './format-version.js'
import { bytesText, counted } from './quantities.js'

type Done = Copied & { readonly target: string }

/** Somebody can have put in as many as they like. */
const mostShown = 20

export function copiedText({ files, bytes, skipped, target }: Done): {
  readonly lines: readonly string[]
  readonly leftOut: readonly string[]
} {
  const shown = skipped.slice(0, mostShown)
  const more = skipped.length - shown.length
  return {
    lines: [escapeControls(`Copied ${counted(files, 'file')} (${bytesText(bytes)}) to ${target}.`)],
    leftOut: [
      ...shown.map(({ path, why }) => escapeControls(`left out ${path === '' ? 'it' : path}: ${why}`)),
      ...(more === 0 ? [] : [`and left out ${String(more)} more: --json has all of them`]),
    ],
  }
}

export function copiedJson({ target, files, bytes, skipped }: Done): JsonObject {
  return { format_version: formatVersion, target, files, bytes, skipped: skipped.map((each) => ({ ...each })) }
}
