// What changes, one setting a row; texts of several lines and lists show the lines that differ.

import { diffArrays } from 'diff'
import type { JsonValue } from '../../model/json.js'
import type { Effect, FieldChange, ShownValue } from '../../model/plan.js'
import { cutText, escapeControls, padEnd, textWidth } from '../characters.js'
import { indented, lineWidth, painted, type Line, type Part } from '../line.js'
import { fittingWidths } from '../table.js'
import type { Paint } from '../style.js'
import type { PlanContext } from './context.js'
import { workspaceFolder } from './drift.js'
import { sensitiveText, settingName, shownText } from './values.js'

const opSigns = {
  add: painted('added', '+'),
  change: painted('changed', '~'),
  remove: painted('removed', '-'),
} as const satisfies Record<FieldChange['op'], Part>

const opPaints = { add: 'added', change: 'changed', remove: 'removed' } as const satisfies Record<string, Paint>

type ChangeContext = Pick<PlanContext, 'style' | 'home'>

/** `inPlace`: the container stays, so that each row says when it takes effect. */
export function changeLines(changes: readonly FieldChange[], inPlace: boolean, context: ChangeContext): Line[] {
  const names = changes.map((change) =>
    escapeControls(settingName(change.path === workspaceFolder ? '/workspace' : change.path, context.home)),
  )
  const effects = changes.map((change) => effectText(change, inPlace))
  const room = context.style.columns - '      ~ '.length
  const effectWidth = Math.max(0, ...effects.map((effect) => (effect === '' ? 0 : textWidth(effect) + 3)))
  const nameWidth = Math.min(Math.max(0, ...names.map(textWidth)), Math.floor((room - effectWidth) / 2))
  const values = changes.map((change, index) => {
    const columns = room - nameWidth - 2 - (effects[index] === '' ? 0 : effectWidth)
    return valueOf(change, Math.max(columns, 12), context)
  })
  const beforeEffect = values.filter((_, index) => effects[index] !== '')
  const valueWidth = Math.max(0, ...beforeEffect.map(({ text }) => textWidth(text)))

  const lines = changes.flatMap((change, index): Line[] => {
    const name = names[index] ?? ''
    const { text, below } = values[index] ?? { text: '', below: [] }
    const effect = effects[index] ?? ''
    const when = painted(change.effect === 'recreate' ? 'attention' : 'faint', effect)
    const rest: Line = effect === '' ? [text] : [`${padEnd(text, valueWidth)}   `, when]
    if (textWidth(name) <= nameWidth) {
      return [[opSigns[change.op], ` ${padEnd(name, nameWidth)}  `, ...rest], ...indented(4, below)]
    }
    // Of a name the middle can be what matters: a host, a path.
    const head: Line = [opSigns[change.op], ` ${cutText(name, room, context.style.hasUnicode)}`]
    if (text !== '' && lineWidth(head) + 2 + lineWidth(rest) <= room + 2) return [[...head, '  ', ...rest]]
    return [head, ...indented(4, [...(lineWidth(rest) === 0 ? [] : [rest]), ...below])]
  })
  return indented(6, lines)
}

function effectText(change: FieldChange, inPlace: boolean): string {
  // An image that moved on comes along with a recreate; by itself it is no reason for one.
  if (change.origin === 'image') return '# newer image'
  return change.effect === 'recreate' || inPlace ? effectTexts[change.effect] : ''
}

const effectTexts = {
  live: 'now',
  next_session: 'next session',
  restart: 'by a restart',
  recreate: '# forces recreate',
} as const satisfies Record<Effect, string>

type Value = { readonly text: string; readonly below: readonly Line[] }

/** What a flag of this call said is marked, so that nobody looks for it in the file. */
function valueOf(change: FieldChange, columns: number, context: ChangeContext): Value {
  const flag = change.source?.kind === 'flag' ? `  (${change.source.flag})` : ''
  const { text, below } = unmarkedValueOf(change, columns - textWidth(flag), context)
  return { text: text + flag, below }
}

function unmarkedValueOf(change: FieldChange, columns: number, context: ChangeContext): Value {
  const { before, after, path, op } = change
  if (path === workspaceFolder) return { text: cutText('deleted and made anew on this machine', columns), below: [] }
  const sensitive = sensitiveText(change)
  if (sensitive !== undefined) return { text: cutText(sensitive, columns), below: [] }

  const listed = lineChanges(before, after)
  const text = (value: ShownValue | undefined): string => escapeControls(shownText(value, path, context.home))
  const one = op === 'add' ? text(after) : op === 'remove' ? text(before) : `${text(before)} -> ${text(after)}`
  if (listed !== undefined && (path === '/setup' || hasLineBreak(before, after) || textWidth(one) > columns)) {
    return { text: '', below: listed }
  }
  if (textWidth(one) <= columns || op !== 'change') {
    return { text: cutText(one, columns, context.style.hasUnicode), below: [] }
  }
  const [beforeRoom = 0, afterRoom = 0] = fittingWidths([textWidth(text(before)), textWidth(text(after))], columns - 4)
  const cut = (value: ShownValue | undefined, room: number): string =>
    cutText(text(value), room, context.style.hasUnicode)
  return { text: `${cut(before, beforeRoom)} -> ${cut(after, afterRoom)}`, below: [] }
}

/**
 * The lines that differ, whole: a cut could take away just what differs. Undefined where the values are not texts of several
 * lines or lists of texts.
 */
function lineChanges(before: ShownValue | undefined, after: ShownValue | undefined): Line[] | undefined {
  const old = textLines(before)
  const wanted = textLines(after)
  if (old === undefined || wanted === undefined || old.length + wanted.length < 1) return undefined
  return diffArrays(old, wanted).flatMap((part): Line[] => {
    const op = part.added ? 'add' : part.removed ? 'remove' : undefined
    if (op === undefined) {
      const noun = part.value.length === 1 ? 'line' : 'lines'
      return [[painted('faint', `# ${part.value.length} ${noun} unchanged`)]]
    }
    return part.value.map((text): Line => [opSigns[op], ' ', painted(opPaints[op], text)])
  })
}

function textLines(shown: ShownValue | undefined): string[] | undefined {
  if (shown === undefined) return []
  if (!('value' in shown)) return undefined
  const { value } = shown
  if (typeof value === 'string') return value.split('\n')
  const items: readonly JsonValue[] | undefined = Array.isArray(value) ? value : undefined
  if (items === undefined || !items.every((item) => typeof item === 'string')) return undefined
  return items.flatMap((item) => item.split('\n'))
}

function hasLineBreak(...values: readonly (ShownValue | undefined)[]): boolean {
  return values.some(
    (shown) => shown !== undefined && 'value' in shown && typeof shown.value === 'string' && shown.value.includes('\n'),
  )
}
