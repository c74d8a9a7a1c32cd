// Google's generateContent and streamGenerateContent. What the agent asks for in JSON (which model to use, whether it is
// in a loop) is answered in JSON of the schema it gives: text there makes it try again for a minute.

import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/model/json.js'
import { objects, text, type WireFormat } from './wire-format.js'

export const gemini: WireFormat = {
  name: 'gemini',
  isAsked: (path) => /:(?:generate|streamGenerate)Content$/.test(path),
  read: (body) => ({
    tools: objects(body['tools'])
      .flatMap((tool) => objects(tool['functionDeclarations']))
      .map((tool) => ({
        name: text(tool['name']),
        input: (tool['parametersJsonSchema'] ?? tool['parameters'] ?? {}) as JsonObject,
      })),
    hasResult: JSON.stringify(body['contents'] ?? []).includes('"functionResponse"'),
  }),
  write: (reply, { path, body, turn }) => {
    const settings = isJsonObject(body['generationConfig']) ? body['generationConfig'] : {}
    const part: JsonObject =
      settings['responseMimeType'] === 'application/json'
        ? { text: JSON.stringify(example(settings['responseJsonSchema'] ?? settings['responseSchema'])) }
        : reply.kind === 'call'
          ? { functionCall: { id: `call-${String(turn)}`, name: reply.tool, args: reply.input } }
          : { text: reply.text }
    const document: JsonObject = {
      candidates: [{ content: { role: 'model', parts: [part] }, finishReason: 'STOP', index: 0 }],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
      modelVersion: 'stub',
    }
    return path.endsWith(':streamGenerateContent')
      ? { kind: 'events', events: [{ data: document }] }
      : { kind: 'json', document }
  },
}

/** The plainest value that fits a JSON Schema. */
function example(schema: JsonValue | undefined): JsonValue {
  if (!isJsonObject(schema)) return {}
  const allowed = schema['enum']
  if (Array.isArray(allowed)) return (allowed as readonly JsonValue[])[0] ?? ''
  switch (text(schema['type']).toLowerCase()) {
    case 'object':
      return Object.fromEntries(
        Object.entries(isJsonObject(schema['properties']) ? schema['properties'] : {}).map(([key, value]) => [
          key,
          example(value),
        ]),
      )
    case 'array':
      return []
    case 'boolean':
      return false
    case 'integer':
    case 'number':
      return typeof schema['minimum'] === 'number' ? schema['minimum'] : 1
    default:
      return 'as asked'
  }
}
