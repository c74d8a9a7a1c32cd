// Characters that show nothing or change what others look like. In a name or a value they could make a plan read as
// something it is not.

/** In the text of a file: everything of the kind but tab and line breaks. */
export const forbiddenInText = new RegExp(
  '[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]',
  'gu',
)

/** The first one in a value, however it was written there; null if there is none. */
export function controlCharacterIn(value: string, allowsLines: boolean): string | null {
  const found = value.match(
    allowsLines
      ? /[^\P{Cc}\t\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u
      : /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u,
  )
  return found === null ? null : found[0]
}

export function controlCharacterName(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  if (character === '\n') return 'line break'
  if (character === '\t') return 'tab'
  return `control character U+${code}`
}
