// All that would be lost, one by one, for who asks before an answer.

import { lostPaths, type LossFacts } from '../../plan/losses.js'
import { lostLines } from '../../ui/prompt-text.js'
import { answer } from '../call/ask.js'
import type { Invocation } from '../call/invocation.js'

/** A screen at a time, until there is no more or enough was seen. */
export async function showLostPaths(invocation: Invocation, facts: LossFacts): Promise<void> {
  const lines = lostLines(lostPaths(facts))
  const rows = Math.max((invocation.errors.rows ?? 24) - 2, 5)
  for (let at = 0; at < lines.length; at += rows) {
    const page = lines.slice(at, at + rows)
    invocation.errors.write(page.map((line) => `${line}\n`).join(''))
    const seen = at + page.length
    if (seen >= lines.length) return
    const given = await answer(invocation, `${seen} of ${lines.length}; Enter for more, q for enough: `)
    if (given !== '') return
  }
}
