// What the formats of models' APIs have in common: a request offers tools and brings what was said so far, and the answer
// is one call of a tool or a text.

import type { JsonObject, JsonValue } from '../../../src/model/json.js'

export type Reply =
  | { readonly kind: 'call'; readonly tool: string; readonly input: JsonObject }
  | { readonly kind: 'text'; readonly text: string }

export type OfferedTool = {
  readonly name: string
  /** JSON Schema of its input. */
  readonly input: JsonObject
}

export type Asked = {
  readonly tools: readonly OfferedTool[]
  /** Whether a tool's result is among what was said so far. */
  readonly hasResult: boolean
}

export type Answer =
  | { readonly kind: 'json'; readonly document: JsonValue; readonly status?: number }
  /** Server-sent events; `event` is left out where the format names none. */
  | {
      readonly kind: 'events'
      readonly events: readonly { readonly event?: string; readonly data: JsonValue | string }[]
    }

export type WireFormat = {
  readonly name: 'anthropic' | 'openai-responses' | 'openai-chat' | 'gemini'
  /** Whether a request to this path, without its query, asks the model in this format. */
  isAsked(path: string): boolean
  read(body: JsonObject): Asked
  /** `turn` counts the requests, for ids. `path` is without its query. */
  write(reply: Reply, request: { readonly path: string; readonly body: JsonObject; readonly turn: number }): Answer
}

export function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonObject[]) : []
}

export function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
