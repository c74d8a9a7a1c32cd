import type { Note } from '../../model/note.js'
import type { SandboxPlan } from '../../model/plan.js'
import type { PlanContext } from './context.js'

/** What a note says, and below it what could be done. */
export type NoteTexts = { readonly text: string; readonly then: readonly string[] }

export type Of<Kind extends Note['kind']> = Extract<Note, { kind: Kind }>

/** What a note is told with. */
export type Telling = {
  readonly plan: SandboxPlan
  readonly context: PlanContext
  readonly command: (text: string) => string
}
