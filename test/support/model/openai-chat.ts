// OpenAI's Chat Completions, which most other providers speak as well.

import { isJsonObject, type JsonObject } from '../../../src/model/json.js'
import { objects, text, type WireFormat } from './wire-format.js'

export const openaiChat: WireFormat = {
  name: 'openai-chat',
  isAsked: (path) => path.endsWith('/chat/completions'),
  read: (body) => ({
    tools: objects(body['tools']).flatMap((tool) =>
      isJsonObject(tool['function'])
        ? [{ name: text(tool['function']['name']), input: (tool['function']['parameters'] ?? {}) as JsonObject }]
        : [],
    ),
    hasResult: objects(body['messages']).some(({ role }) => role === 'tool'),
  }),
  write: (reply, { body, turn }) => {
    const message: JsonObject =
      reply.kind === 'call'
        ? {
            role: 'assistant',
            content: null,
            tool_calls: [
              {
                index: 0,
                id: `call_${String(turn)}`,
                type: 'function',
                function: { name: reply.tool, arguments: JSON.stringify(reply.input) },
              },
            ],
          }
        : { role: 'assistant', content: reply.text }
    const finishReason = reply.kind === 'call' ? 'tool_calls' : 'stop'
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
    const completion: JsonObject = { id: `chatcmpl-${String(turn)}`, created: 1, model: body['model'] ?? '' }
    if (body['stream'] !== true) {
      const choices = [{ index: 0, message, finish_reason: finishReason }]
      return { kind: 'json', document: { ...completion, object: 'chat.completion', choices, usage } }
    }
    const chunk: JsonObject = { ...completion, object: 'chat.completion.chunk' }
    return {
      kind: 'events',
      events: [
        { data: { ...chunk, choices: [{ index: 0, delta: message, finish_reason: null }] } },
        { data: { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: finishReason }], usage } },
        { data: '[DONE]' },
      ],
    }
  },
}
