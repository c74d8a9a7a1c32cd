// What of a workspace is not hidden: because it is not there, or because nobody has said so.

import type { HiddenNote } from '../../model/hidden.js'
import type { SandboxPlan } from '../../model/plan.js'
import { wrapText } from '../characters.js'

/** As many as a person looks through. */
const mostNamed = 8

/** In so many columns. */
export function hiddenTexts(
  { kind, paths, all }: HiddenNote,
  { name }: Pick<SandboxPlan, 'name'>,
  columns: number,
): { readonly text: string; readonly then: readonly string[] } {
  const isOne = paths.length === 1
  const named = paths.slice(0, mostNamed)
  const more = paths.length - named.length
  const list = `${named.join(', ')}${more > 0 ? ` and ${String(more)} more` : ''}`
  if (kind === 'hidden-missing') {
    const once = isOne ? 'is not there to be hidden' : 'are not there to be hidden'
    return { text: `${list} ${once}; once ${isOne ? 'it is' : 'they are'}, ${name} is recreated`, then: [] }
  }
  const line = `workspace: { hide: [${[...all, ...named].map(yamlText).join(', ')}] }`
  return {
    text: `${list} ${isOne ? 'looks like a secret' : 'look like secrets'}, and ${name} can read ${isOne ? 'it' : 'them'}`,
    // What goes on below has to stand further in.
    then: [
      `hide ${isOne ? 'it' : 'them'}:`,
      ...wrapText(line, columns - 4).map((each, index) => (index === 0 ? `  ${each}` : `    ${each}`)),
    ],
  }
}

/** In a list between brackets. */
function yamlText(path: string): string {
  const isPlain = /^\.?[A-Za-z][\w./-]*$/.test(path) && !/^\.?(true|false|null|yes|no|on|off|y|n|inf|nan)$/i.test(path)
  return isPlain ? path : JSON.stringify(path)
}
