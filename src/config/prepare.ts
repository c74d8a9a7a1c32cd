// What makes the project ready, as one file says it: commands in their order, each with the files that it goes by.

import type { PrepareConfig } from '../model/config.js'
import { pointer, type JsonPointer } from '../model/json.js'
import { pathInWorkspace } from './reach.js'
import type { Profile } from './sandbox-file.generated.js'
import { isSound, mark, markAll, reportTwice, type Scope } from './scope.js'

export function settlePrepare(steps: Profile['prepare'], from: JsonPointer, scope: Scope): void {
  const settled: PrepareConfig[] = []
  // Two of one command would be one step to whoever asks what has run.
  const commands = new Set<string>()
  mark(scope, '/prepare', from)
  for (const [index, written] of (steps ?? []).entries()) {
    const place = from + pointer(index)
    if (!isSound(scope, place)) continue
    const { run, when = [] } = typeof written === 'string' ? { run: written } : written
    if (commands.has(run)) {
      reportTwice(scope, place, 'prepare', run)
      continue
    }
    const target = pointer('prepare', settled.length)
    commands.add(run)
    settled.push({ run, when: [...new Set((typeof when === 'string' ? [when] : when).map(pathInWorkspace))] })
    markAll(scope, target, place)
    if (typeof written === 'string') mark(scope, target + pointer('run'), place)
  }
  scope.draft.config.prepare = settled
}
