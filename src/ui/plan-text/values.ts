// A setting's name and its value, as a plan says them.

import { isJsonObject, pointerSegments, type JsonPointer, type JsonValue } from '../../model/json.js'
import type { FieldChange, ShownValue } from '../../model/plan.js'
import { memoryText, shortId, withTilde } from '../quantities.js'

/** `/mounts/~1data/readonly` as `mounts["/data"].readonly`. Files of the host are named from its home, paths inside whole. */
export function settingName(path: JsonPointer, home: string): string {
  return pointerSegments(path)
    .map((segment, index, [key]) => {
      const name = key === 'envFile' ? withTilde(segment, home) : segment
      if (!/^[A-Za-z_][\w-]*$/.test(segment)) return `[${JSON.stringify(name)}]`
      return index === 0 ? segment : `.${segment}`
    })
    .join('')
}

export function shownText(shown: ShownValue | undefined, path: JsonPointer, home: string): string {
  if (shown === undefined) return path.startsWith('/resources/') ? '(no limit)' : '(none)'
  if (path === '/ready' && 'value' in shown) return shown.value === true ? 'yes' : 'no'
  if ('unknown' in shown) return '(known after apply)'
  if ('value' in shown) return valueText(shown.value, path, home)
  switch (shown.sensitive) {
    case 'set':
      return '(sensitive)'
    case 'missing':
      return '(missing on this machine)'
    case 'not-comparable':
      return '(cannot compare)'
  }
}

/** The whole of a change whose values are not to be seen; undefined where they are. */
export function sensitiveText(change: FieldChange): string | undefined {
  const { before, after } = change
  if (before === undefined || after === undefined || !('sensitive' in before) || !('sensitive' in after))
    return undefined
  const states = [before.sensitive, after.sensitive]
  if (states.includes('not-comparable')) return "(cannot compare: another person's key)"
  if (after.sensitive === 'missing') return '(missing on this machine)'
  return before.sensitive === 'missing' ? '(was missing, now set)' : '(sensitive value changed)'
}

const amounts: readonly JsonPointer[] = ['/resources/memory', '/swap', '/memoryReservation']

export function valueText(value: JsonValue, path: JsonPointer, home: string): string {
  const [key = '', , part] = pointerSegments(path)
  if (value === null) return '(none)'
  if (value === 0 && path === '/swap') return '(none)'
  if (typeof value === 'number') return amounts.includes(path) ? memoryText(value) : String(value)
  if (value === true && key === 'networks') return 'joined'
  if (value === true && key === 'own') return 'a volume of its own'
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return stringText(value, home)
  if (!isJsonObject(value)) return `[${value.map((item) => valueText(item, '', home)).join(', ')}]`
  if (part === undefined) {
    const known = knownObjectText(key, value, home)
    if (known !== undefined) return known
  }
  const members = Object.entries(value).map(([name, member]) => `${name}: ${valueText(member, '', home)}`)
  return `{${members.join(', ')}}`
}

export function accessText(isReadonly: boolean): string {
  return isReadonly ? 'read-only' : 'read-write'
}

/** The objects of a spec that have a short form. */
function knownObjectText(key: string, value: { readonly [name: string]: JsonValue }, home: string): string | undefined {
  const text = (name: string): string => valueText(value[name] ?? null, '', home)
  switch (key) {
    case 'mounts':
      return `${text('source')}  ${accessText(value['readonly'] === true)}`
    case 'workspace':
      return `${text('path')}  ${accessText(value['readonly'] === true)}`
    case 'template':
      return [
        text(value['kind'] === 'built-in' ? 'name' : value['kind'] === 'folder' ? 'path' : 'reference'),
        ...(value['version'] === undefined ? [] : [text('version')]),
      ].join(' ')
    case 'ports':
      return value['hostPort'] === null ? `${text('address')}, a free port` : `${text('address')}:${text('hostPort')}`
    case 'git':
      return value['name'] === undefined ? undefined : `${text('name')} <${text('email')}>`
    default:
      return undefined
  }
}

/** Bare where nothing could be mistaken; quoted where it could be for one of our own words, or for nothing. */
export function stringText(text: string, home: string): string {
  if (/^sha256:[0-9a-f]{64}$/.test(text)) return shortId(text)
  const isPlain = text !== '' && text.trim() === text && !/^[("'[{#]/.test(text) && !/ -> | {2}| #/.test(text)
  return isPlain ? withTilde(text, home) : JSON.stringify(text)
}
