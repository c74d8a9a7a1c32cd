// JSON as data: the canonical text that is hashed and labelled, and pointers into it.

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }
export type JsonObject = { readonly [key: string]: JsonValue }

/** A JSON Pointer (RFC 6901), `/mounts/~1data/readonly`. */
export type JsonPointer = string

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The same of what may be anything, as what `JSON.parse` gives of a file. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One text for one value: keys sorted by code unit, no white space, absent keys left out. */
export function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map((item: JsonValue) => canonicalJson(item)).join(',')}]`
  if (!isJsonObject(value)) return JSON.stringify(value)
  // Said in one go: a comparison of two sandboxes asks for some hundred of these texts.
  let members = ''
  for (const key of Object.keys(value).sort()) {
    const member = value[key]
    if (member === undefined) continue
    members += `${members === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`
  }
  return `{${members}}`
}

export function pointer(...segments: readonly (string | number)[]): JsonPointer {
  let path = ''
  for (const segment of segments) {
    const text = String(segment)
    path += /[~/]/.test(text) ? `/${text.replaceAll('~', '~0').replaceAll('/', '~1')}` : `/${text}`
  }
  return path
}

export function pointerSegments(path: JsonPointer): string[] {
  if (path === '') return []
  return path
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
}
