// A login that an agent keeps in one file with its settings: its keys are taken out of the file, and put into another.

import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.js'
import type { LoginFile } from '../model/template.js'
import { parsedJson } from './login-text.js'

type Members = Pick<LoginFile, 'members'>

/** The login alone, of the text of the agent's file: empty where there is none, the whole where that is no JSON object. */
export function loginPart({ members }: Members, text: string): string {
  const settings = settingsIn(text)
  if (members === undefined || settings === null) return text
  const login = Object.entries(picked(settings, (key) => members.includes(key)))
  return login.length === 0 ? '' : JSON.stringify(Object.fromEntries(login))
}

/** The text of the agent's file with this login, empty for none, in place of what it has. */
export function withLogin({ members }: Members, text: string, login: string): string {
  if (members === undefined) return login
  const others = picked(settingsIn(text) ?? {}, (key) => !members.includes(key))
  return `${JSON.stringify({ ...others, ...settingsIn(login) }, null, 2)}\n`
}

/** Of a file of settings, which may begin with lines of comment. */
function settingsIn(text: string): JsonObject | null {
  const document = parsedJson(text.replace(/^\s*\/\/.*$/gm, ''))
  return isJsonObject(document) ? document : null
}

function picked(object: JsonObject, isWanted: (key: string) => boolean): Readonly<Record<string, JsonValue>> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => isWanted(key)))
}
