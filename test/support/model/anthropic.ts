// Anthropic's Messages.

import type { JsonObject } from '../../../src/model/json.js'
import { objects, text, type Answer, type Reply, type WireFormat } from './wire-format.js'

export const anthropic: WireFormat = {
  name: 'anthropic',
  isAsked: (path) => path.endsWith('/v1/messages'),
  read: (body) => ({
    tools: objects(body['tools']).map((tool) => ({
      name: text(tool['name']),
      input: (tool['input_schema'] ?? {}) as JsonObject,
    })),
    hasResult: JSON.stringify(body['messages'] ?? []).includes('"tool_result"'),
  }),
  write: (reply, { body, turn }) => {
    const block = blockOf(reply, turn)
    const stopReason = reply.kind === 'call' ? 'tool_use' : 'end_turn'
    const message: JsonObject = {
      id: `msg_${String(turn)}`,
      type: 'message',
      role: 'assistant',
      model: body['model'] ?? '',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: 1 },
    }
    return body['stream'] === true
      ? streamed(message, block, reply, stopReason)
      : { kind: 'json', document: { ...message, content: [block], stop_reason: stopReason } }
  },
}

function blockOf(reply: Reply, turn: number): JsonObject {
  return reply.kind === 'call'
    ? { type: 'tool_use', id: `toolu_${String(turn)}`, name: reply.tool, input: reply.input }
    : { type: 'text', text: reply.text }
}

function streamed(message: JsonObject, block: JsonObject, reply: Reply, stopReason: string): Answer {
  const [opened, delta] =
    reply.kind === 'call'
      ? [
          { ...block, input: {} },
          { type: 'input_json_delta', partial_json: JSON.stringify(reply.input) },
        ]
      : [
          { ...block, text: '' },
          { type: 'text_delta', text: reply.text },
        ]
  const events = [
    { type: 'message_start', message },
    { type: 'content_block_start', index: 0, content_block: opened },
    { type: 'content_block_delta', index: 0, delta },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: stopReason, stop_sequence: null }, usage: { output_tokens: 1 } },
    { type: 'message_stop' },
  ]
  return { kind: 'events', events: events.map((data) => ({ event: data.type, data })) }
}
