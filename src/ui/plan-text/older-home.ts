// What a home hides of the image that its sandbox has or gets.

import type { HiddenFiles } from '../../model/home.js'
import type { Note } from '../../model/note.js'
import type { SandboxPlan } from '../../model/plan.js'
import { cutText, escapeControls } from '../characters.js'
import { counted } from '../quantities.js'

/** Most paths that are named. */
const named = 5

export function olderHomeTexts(
  { hidden, isBrought }: Extract<Note, { kind: 'older-home' }>,
  { name, action }: Pick<SandboxPlan, 'name' | 'action'>,
  command: (text: string) => string,
): { readonly text: string; readonly then: readonly string[] } {
  const image = action === 'recreate' ? 'its new image' : 'its image'
  const then = isBrought ? [] : [`bring those that nobody changed: ${command('sbx apply --refresh-home')}`]
  if (hidden === undefined) {
    const text = `${name} has its home from an earlier image; which files of ${image} that hides is known after apply`
    return { text: isBrought ? `${text}. Those that nobody changed are brought` : text, then }
  }
  if (hidden.count === 0) return { text: `the home of ${name} hides no file of ${image}`, then: [] }
  const text = `the home of ${name} hides ${counted(hidden.count, 'file')} of ${image}: ${hiddenText(hidden)}`
  return { text: isBrought ? `${text}. Those that nobody changed are brought` : text, then }
}

/** `~/.profile (changed), ~/.new (new) and 3 more`: whoever made the image chose the names. */
export function hiddenText({ count, first }: HiddenFiles): string {
  const shown = first.slice(0, named)
  const rest = count - shown.length
  const texts = shown.map(({ path, change }) => `${cutText(escapeControls(`~/${path}`), 60)} (${change})`)
  return `${texts.join(', ')}${rest > 0 ? ` and ${String(rest)} more` : ''}`
}
