// `sbx push`: what the clone has now, and whether the agent's branch goes with it.

import { escapeControls } from './characters.js'
import { shortId } from './fetch-text.js'
import type { Moved, Pushed } from './push-json.js'

const mostRefs = 20

export function pushText({ name, refs, branch, moved, hint }: Pushed): string[] {
  const shown = refs.slice(0, mostRefs)
  const more = refs.length - shown.length
  return [
    refs.length === 0 ? `Nothing new for ${name}.` : `Sent to ${name}:`,
    ...shown.map(refLine),
    ...(more > 0 ? [`  and ${String(more)} more`] : []),
    ...movedLines(branch, moved, hint),
  ].map(escapeControls)
}

function refLine({ ref, before, after }: Pushed['refs'][number]): string {
  const name = ref.replace(/^refs\/(?:remotes|tags)\//, '')
  if (after === null) return `  ${name}  is gone`
  return before === null ? `  ${name}  ${shortId(after)}` : `  ${name}  ${shortId(before)}..${shortId(after)}`
}

function movedLines(branch: string, moved: Moved, hint: string | null): string[] {
  const why = {
    apart: `${branch} has commits of its own, and stays.`,
    changed: `${branch} has changes that are not committed, and stays.`,
    elsewhere: `The agent is not on ${branch}, and nothing is moved.`,
  }
  switch (moved) {
    case 'moved':
      return [`${branch} was moved forward with it.`]
    case 'same':
      return []
    case 'apart':
    case 'changed':
    case 'elsewhere':
      return [why[moved], ...(hint === null ? [] : [`To take it in: ${hint}`])]
  }
}
