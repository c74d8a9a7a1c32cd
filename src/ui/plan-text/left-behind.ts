// Notes on sandboxes that nothing here belongs to any more, and on what an adoption has left.

import { shellWord } from '../../model/shell-word.js'
import { withTilde } from '../quantities.js'
import type { PlanContext } from './context.js'
import type { NoteTexts, Of, Telling } from './note-texts.js'

export function leftBehindText(
  note: Of<'renamed-from'> | Of<'moved-from'> | Of<'profile-gone'> | Of<'orphan'>,
  { home }: PlanContext,
): string {
  const { displayName: name } = note
  switch (note.kind) {
    case 'renamed-from': {
      const other = note.agent === undefined ? 'under its old name' : `for ${note.agent}`
      return `${name} is this workspace's sandbox ${other}, with a home of its own`
    }
    case 'moved-from':
      return `${name} is the sandbox of this folder from when it was ${withTilde(note.workspace, home)}, with a home of its own`
    case 'profile-gone':
      return `${name} (${note.id}) is of the profile ${note.profile}, which this workspace's file does not have any more`
    case 'orphan':
      return `${name} is an orphan: its workspace ${withTilde(note.workspace, home)} is gone`
  }
}

/** What there is to do about a sandbox that nothing here belongs to: apply does neither. */
export function fateOf(id: string, { plan, command }: Telling): readonly string[] {
  return [
    `apply never removes it. Remove: ${command(`sbx rm ${shellWord(id)}`)}`,
    `give its home to ${plan.name}: ${command(`sbx adopt ${shellWord(id)}`)}`,
  ]
}

export function unfinishedAdoptionTexts(
  { id, state }: Of<'unfinished-adoption'>,
  { plan, command }: Telling,
): NoteTexts {
  const again = command(`sbx adopt ${shellWord(id)}`)
  return state === 'begun'
    ? {
        text: `sbx adopt was stopped before it gave the home of ${id} to ${plan.name}, which is as it was`,
        then: [`do it: ${again}`],
      }
    : {
        text: `${plan.name} has the home of ${id}, but sbx adopt was stopped before it removed ${id}`,
        then: [`remove it: ${again}`],
      }
}
