// What of a login's file is a login: only that goes from one sandbox to another. Agents take from such files also what
// they run, or fetch and then run, so that the rest stays where it was written.

import { isJsonObject, pointer, type JsonObject, type JsonPointer, type JsonValue } from '../model/json.js'
import type { LoginFile } from '../model/template.js'
import { parsedJson } from './login-text.js'

type Rules = Pick<LoginFile, 'members' | 'entries'>

/**
 * The login alone, of the text of the agent's file: empty where there is none, the whole where that is not restricted,
 * null where it is not what the agent writes. An entry that is no plain credential stands as it does in `shared`.
 */
export function loginPart(rules: Rules, text: string, shared = ''): string | null {
  if (!isRestricted(rules)) return text
  if (text.trim() === '') return ''
  const document = settingsIn(text)
  if (document === null) return null
  const other = fitting(rules, settingsIn(shared) ?? {})
  const part = joined(rules, fitting(rules, document), unfitOnly(rules, document, other))
  return Object.keys(part).length === 0 ? '' : JSON.stringify(part)
}

/** The text of the agent's file with this login, empty for none, in place of what it has; empty if nothing is left. */
export function withLogin(rules: Rules, text: string, login: string): string {
  if (!isRestricted(rules)) return login
  const before = settingsIn(text) ?? {}
  const after = joined(rules, fitting(rules, settingsIn(login) ?? {}), unfit(rules, before))
  const others = picked(before, (key) => !isOfLogin(rules, key))
  const document = { ...others, ...after }
  return Object.keys(document).length === 0 ? '' : `${JSON.stringify(document, null, 2)}\n`
}

function isRestricted({ members, entries }: Rules): boolean {
  return members !== undefined || entries !== undefined
}

function isOfLogin({ members, entries }: Rules, key: string): boolean {
  return members?.includes(key) ?? (entries?.in === undefined || key === entries.in)
}

/** In an order of its own, so that the same login is the same text. */
function fitting(rules: Rules, document: JsonObject): JsonObject {
  const { entries } = rules
  const keys = (rules.members ?? Object.keys(document).sort()).filter((key) => Object.hasOwn(document, key))
  const fits = keys.flatMap((key): [string, JsonValue][] => {
    const value = document[key] ?? null
    if (!isOfLogin(rules, key)) return []
    if (entries !== undefined && key === entries.in) return [[key, fittingEntries(entries, value)]]
    if (entries !== undefined && entries.in === undefined) return fitsEntry(entries, key, value) ? [[key, value]] : []
    return isPlain(value) ? [[key, value]] : []
  })
  return Object.fromEntries(fits)
}

function fittingEntries(rule: Entries, value: JsonValue): JsonObject {
  if (!isJsonObject(value)) return {}
  const sorted = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(sorted.filter(([key, entry]) => fitsEntry(rule, key, entry)))
}

/** What stays in the home: members and entries that the login may not have. */
function unfit(rules: Rules, document: JsonObject): JsonObject {
  const fits = fitting(rules, document)
  const beneath = rules.entries?.in
  const left = Object.entries(document).flatMap(([key, value]): [string, JsonValue][] => {
    if (!isOfLogin(rules, key)) return []
    if (key !== beneath) return Object.hasOwn(fits, key) ? [] : [[key, value]]
    const fitsBeneath = fits[key]
    if (!isJsonObject(value) || !isJsonObject(fitsBeneath)) return []
    const entries = picked(value, (name) => !Object.hasOwn(fitsBeneath, name))
    return Object.keys(entries).length === 0 ? [] : [[key, entries]]
  })
  // Entries that stay need what stands beside them.
  return left.length === 0 || beneath === undefined
    ? Object.fromEntries(left)
    : { ...picked(fits, (key) => key !== beneath), ...Object.fromEntries(left) }
}

/** Of `other`, what `document` has in a form that may not be shared. */
function unfitOnly(rules: Rules, document: JsonObject, other: JsonObject): JsonObject {
  const left = unfit(rules, document)
  const beneath = rules.entries?.in
  if (beneath === undefined) return picked(other, (key) => Object.hasOwn(left, key))
  const [names, entries] = [left[beneath], other[beneath]]
  if (!isJsonObject(names) || !isJsonObject(entries)) return {}
  return { [beneath]: picked(entries, (name) => Object.hasOwn(names, name)) }
}

/** `over` wins. */
function joined(rules: Rules, under: JsonObject, over: JsonObject): JsonObject {
  const beneath = rules.entries?.in
  const together = { ...under, ...over }
  if (beneath !== undefined) {
    const entries = { ...objectOf(under[beneath]), ...objectOf(over[beneath]) }
    if (Object.hasOwn(together, beneath)) return { ...together, [beneath]: sorted(entries) }
    return together
  }
  return rules.members === undefined ? sorted(together) : together
}

type Entries = NonNullable<LoginFile['entries']>

function fitsEntry({ types, members }: Entries, name: string, entry: JsonValue): boolean {
  if (!isPlain(name) || !isJsonObject(entry)) return false
  const type = entry.type
  if (types !== undefined && !(typeof type === 'string' && types.includes(type))) return false
  return leavesOf(entry, []).every(([path, value]) => members.includes(path) && isPlain(value))
}

/** A list is one leaf. */
function leavesOf(value: JsonValue, path: readonly string[]): readonly (readonly [JsonPointer, JsonValue])[] {
  if (!isJsonObject(value)) return [[pointer(...path), value]]
  return Object.entries(value).flatMap(([key, member]) => leavesOf(member, [...path, key]))
}

/** No text in it is one that an agent could take for a command, a variable or a second line. */
function isPlain(value: JsonValue): boolean {
  if (typeof value === 'string') return !/^\s*!|\$|\p{Cc}/u.test(value)
  if (Array.isArray(value)) return (value as readonly JsonValue[]).every(isPlain)
  if (isJsonObject(value)) return Object.entries(value).every(([key, member]) => isPlain(key) && isPlain(member))
  return true
}

/** Of a file of settings, which may begin with lines of comment. */
function settingsIn(text: string): JsonObject | null {
  const document = parsedJson(text.replace(/^\s*\/\/.*$/gm, ''))
  return isJsonObject(document) ? document : null
}

function picked(object: JsonObject, isWanted: (key: string) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => isWanted(key)))
}

function sorted(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).sort(([one], [other]) => (one < other ? -1 : 1)))
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}
