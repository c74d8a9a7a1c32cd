// Each agent offers a shell under a name and with an input of its own; it is found by its schema.

import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/model/json.js'
import type { OfferedTool, Reply } from './wire-format.js'

const shellNames =
  /^(?:bash|shell|shell_command|exec_command|run_shell_command|run_commands?|execute_command|execute|run_terminal_command)$/i
const likeAShell = /bash|shell|exec|command|terminal/i
const commandKeys = ['command', 'cmd', 'commands']

/** A call of the shell among the tools with this command; null where there is none. */
export function shellCall(tools: readonly OfferedTool[], command: string): Reply | null {
  const candidates = tools.filter(({ name, input }) => likeAShell.test(name) && commandKey(input) !== undefined)
  const tool = candidates.find(({ name }) => shellNames.test(name)) ?? candidates[0]
  return tool === undefined ? null : { kind: 'call', tool: tool.name, input: shellInput(tool.input, command) }
}

function commandKey(schema: JsonObject): string | undefined {
  return commandKeys.find((key) => properties(schema)[key] !== undefined)
}

/** With something for everything else that is required. */
function shellInput(schema: JsonObject, command: string): JsonObject {
  const key = commandKey(schema) ?? 'command'
  const input: Record<string, JsonValue> = {}
  for (const name of Array.isArray(schema['required']) ? (schema['required'] as readonly string[]) : []) {
    input[name] = anyOf(properties(schema)[name])
  }
  if (typeOf(properties(schema)[key]) !== 'array') input[key] = command
  else input[key] = key === 'commands' ? [command] : ['bash', '-c', command]
  return input
}

function properties(schema: JsonObject): JsonObject {
  return isJsonObject(schema['properties']) ? schema['properties'] : {}
}

/** Some APIs write the types of JSON Schema in capitals. */
function typeOf(schema: JsonValue | undefined): string {
  if (isJsonObject(schema) && Array.isArray(schema['anyOf'])) return typeOf(schema['anyOf'][0] as JsonValue | undefined)
  return isJsonObject(schema) && typeof schema['type'] === 'string' ? schema['type'].toLowerCase() : 'string'
}

function anyOf(schema: JsonValue | undefined): JsonValue {
  const allowed = isJsonObject(schema) && Array.isArray(schema['enum']) ? (schema['enum'] as readonly JsonValue[]) : []
  if (allowed[0] !== undefined) return allowed[0]
  switch (typeOf(schema)) {
    case 'boolean':
      return false
    case 'integer':
    case 'number':
      return 30
    case 'array':
      return []
    case 'object':
      return {}
    default:
      return 'as asked'
  }
}
