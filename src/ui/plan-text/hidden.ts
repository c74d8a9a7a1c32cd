// What of a workspace is not hidden: because it is not there, or because nobody has said so.

import type { Note, SandboxPlan } from '../../model/plan.js'
import { escapeControls } from '../characters.js'

/** As many as fit into a line or two; the file can be given all of them at once. */
const mostNamed = 8

export function hiddenTexts(
  { kind, paths }: Extract<Note, { kind: 'hidden-missing' | 'looks-secret' }>,
  { name }: Pick<SandboxPlan, 'name'>,
): { readonly text: string; readonly then: readonly string[] } {
  const one = paths.length === 1
  const named = paths.slice(0, mostNamed)
  const more = paths.length - named.length
  const list = `${named.join(', ')}${more > 0 ? ` and ${String(more)} more` : ''}`
  if (kind === 'hidden-missing') {
    const until = one ? 'it is hidden once it is' : 'they are hidden once they are'
    return {
      text: `${list} ${one ? 'is' : 'are'} not there to be hidden from ${name}; ${until}, which recreates it`,
      then: [],
    }
  }
  const line = `workspace: { hide: [${named.map((path) => JSON.stringify(path)).join(', ')}] }`
  return {
    text: `${list} ${one ? 'looks like a secret' : 'look like secrets'}, and ${name} can read ${one ? 'it' : 'them'}`,
    then: [`hide ${one ? 'it' : 'them'}: ${escapeControls(line)}`],
  }
}
