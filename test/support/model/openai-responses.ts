// OpenAI's Responses.

import type { JsonObject } from '../../../src/model/json.js'
import { objects, text, type Answer, type Reply, type WireFormat } from './wire-format.js'

export const openaiResponses: WireFormat = {
  name: 'openai-responses',
  isAsked: (path) => path.endsWith('/responses'),
  read: (body) => ({
    tools: objects(body['tools']).map((tool) => ({
      name: text(tool['name']),
      input: (tool['parameters'] ?? {}) as JsonObject,
    })),
    hasResult: objects(body['input']).some(({ type }) => type === 'function_call_output'),
  }),
  write: (reply, { body, turn }) => {
    const item = itemOf(reply, turn)
    const response: JsonObject = {
      id: `resp_${String(turn)}`,
      object: 'response',
      created_at: 1,
      model: body['model'] ?? '',
      status: 'completed',
      output: [item],
      usage: {
        input_tokens: 1,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: 1,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 2,
      },
    }
    return body['stream'] === true ? streamed(response, item, reply) : { kind: 'json', document: response }
  },
}

function itemOf(reply: Reply, turn: number): JsonObject {
  return reply.kind === 'call'
    ? {
        type: 'function_call',
        id: `fc_${String(turn)}`,
        call_id: `call_${String(turn)}`,
        name: reply.tool,
        arguments: JSON.stringify(reply.input),
        status: 'completed',
      }
    : {
        type: 'message',
        id: `msg_${String(turn)}`,
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: reply.text, annotations: [] }],
      }
}

function streamed(response: JsonObject, item: JsonObject, reply: Reply): Answer {
  const at = { item_id: item['id'] ?? '', output_index: 0 }
  const started = { ...item, status: 'in_progress', ...(reply.kind === 'call' ? { arguments: '' } : { content: [] }) }
  const body: readonly JsonObject[] =
    reply.kind === 'call'
      ? [
          { type: 'response.function_call_arguments.delta', ...at, delta: item['arguments'] ?? '' },
          { type: 'response.function_call_arguments.done', ...at, arguments: item['arguments'] ?? '' },
        ]
      : [
          {
            type: 'response.content_part.added',
            ...at,
            content_index: 0,
            part: { type: 'output_text', text: '', annotations: [] },
          },
          { type: 'response.output_text.delta', ...at, content_index: 0, delta: reply.text },
          { type: 'response.output_text.done', ...at, content_index: 0, text: reply.text },
        ]
  const events: readonly JsonObject[] = [
    { type: 'response.created', response: { ...response, status: 'in_progress', output: [], usage: null } },
    { type: 'response.output_item.added', output_index: 0, item: started },
    ...body,
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response },
  ]
  return {
    kind: 'events',
    events: events.map((data, number) => ({ event: text(data['type']), data: { ...data, sequence_number: number } })),
  }
}
