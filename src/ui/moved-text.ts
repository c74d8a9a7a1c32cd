// What has moved since a plan was saved, a row each: what, from what to what, and how.

import type { JsonValue } from '../model/json.js'
import type { Moved } from '../model/saved-plan.js'
import { settingName, valueText } from './plan-text/values.js'
import { counted, shortId, timeText } from './quantities.js'

export type MovedContext = {
  /** Absolute; shown as `~`. */
  readonly home: string
  readonly now: Date
  /** Of the saved plan: told also where it has not moved, since that is what a reader looks for first. */
  readonly configDigest: string
}

export function movedTable(moved: readonly Moved[], context: MovedContext): (readonly string[])[] {
  const isConfigMoved = moved.some(({ what }) => ['config', 'key', 'sandbox', 'engine'].includes(what))
  const config = shortDigest(context.configDigest)
  return [
    ...moved.map((each) => movedRow(each, context)),
    ...(isConfigMoved ? [] : [['config', config, '->', config, 'same']]),
  ]
}

function movedRow(moved: Moved, context: MovedContext): readonly string[] {
  const { name, fact } = moved
  const row = (what: string, text: (value: JsonValue) => string, how: string): readonly string[] => [
    what,
    moved.before === undefined ? '(none)' : text(moved.before),
    '->',
    moved.after === undefined ? '(none)' : text(moved.after),
    how,
  ]
  switch (moved.what) {
    case 'sandbox':
      return row('sandbox', plainText, 'another folder, agent, profile or machine')
    case 'engine':
      return row('engine', plainText, 'another engine')
    case 'config':
      return row('config', digestText, settingsText(moved, context))
    case 'key':
      return row('key', plainText, "another user's")
    case 'container':
      if (fact === undefined) return row('container', idText, successionText(moved, context))
      return row(
        factName(fact, context),
        (value) => factText(value, fact, context),
        `changed, in ${shortId(name ?? '')}`,
      )
    case 'record':
      return row('record', plainText, 'something else was applied')
    case 'home':
      return row('home', (isThere) => (isThere === true ? 'there' : 'gone'), '')
    case 'volumes':
      return row('volumes', namesText, 'others')
    case 'image':
      return row(`image ${name ?? ''}`, imageText, moved.before === null ? 'came to the engine' : imageFate(moved))
    case 'registry':
      return row(`image ${name ?? ''}`, imageText, 'the registry has another')
    case 'entrypoint':
      return row('entrypoint', plainText, 'another sbx')
    case 'clone':
      return row('clone', plainText, 'more would be left')
    case 'files':
      return row('files', filesText, 'more would be lost')
    case 'sessions':
      return row('sessions', plainText, 'more would be ended')
    case 'grant':
      return row(`grant ${name ?? ''}`, plainText, 'reaches further')
    case 'step':
      return row('steps', plainText, name === undefined ? 'others' : `others, from ${name} on`)
  }
}

function successionText({ before, after, at }: Moved, { now }: MovedContext): string {
  if (after === undefined) return 'removed'
  const when = at === undefined ? '' : ` ${timeText(new Date(at * 1000), now)}`
  return `${before === undefined ? 'made' : 'recreated'}${when} by another apply`
}

/** No setting that anybody wrote. */
const folderIdentity = '/inode'

/** Three at most: what differs is to be seen in a plan made now. */
function settingsText({ settings = [] }: Moved, { home }: MovedContext): string {
  const names = settings.filter((path) => path !== folderIdentity).map((path) => settingName(path, home))
  const rest = names.length - 3
  const changed = `changed: ${names.slice(0, 3).join(', ')}${rest > 0 ? ` and ${counted(rest, 'other')}` : ''}`
  if (names.length === settings.length) return changed
  return [...(names.length === 0 ? [] : [changed]), 'the workspace folder was made anew'].join('; ')
}

function factName(fact: string, { home }: MovedContext): string {
  return settingName(settingPath(fact), home)
}

function factText(value: JsonValue, fact: string, { home }: MovedContext): string {
  return valueText(value, settingPath(fact), home)
}

/** What is observed has the shape of the settings that it comes from, and what is fixed the names that drift has. */
function settingPath(fact: string): string {
  return fact.replace(/^\/(fixed\/)?observed\//, '/')
}

function imageText(value: JsonValue): string {
  return value === null ? '(not there)' : shortId(plainText(value))
}

function imageFate({ after }: Moved): string {
  return after === null || after === undefined ? 'removed' : 'the tag was moved'
}

function namesText(value: JsonValue): string {
  return Array.isArray(value) ? value.map(plainText).join(', ') : plainText(value)
}

function filesText(value: JsonValue): string {
  return typeof value === 'number' ? counted(value, 'path') : plainText(value)
}

function idText(value: JsonValue): string {
  return shortId(plainText(value))
}

function digestText(value: JsonValue): string {
  return shortDigest(plainText(value))
}

function shortDigest(digest: string): string {
  return digest.slice(0, 7)
}

function plainText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
