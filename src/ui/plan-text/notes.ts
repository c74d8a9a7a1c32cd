// What is worth knowing and changes nothing, each with the commands that would change it.

import type { Note, SandboxPlan } from '../../model/plan.js'
import { wrapText } from '../characters.js'
import { indented, painted, type Line } from '../line.js'
import { shellWord } from '../shell-word.js'
import { counted, shortId, withTilde } from '../quantities.js'
import type { PlanContext } from './context.js'
import { originText } from './grants.js'
import { settingName } from './values.js'

export function noteLines(plan: SandboxPlan, context: PlanContext): Line[] {
  return plan.notes.flatMap((note) => {
    const { text, then } = noteTexts(note, plan, context)
    const [first = '', ...more] = wrapText(text, context.style.columns - 6)
    return [
      ['  ', painted('changed', '?'), ' ', first],
      ...indented(
        6,
        [...more, ...then].map((line) => [line]),
      ),
    ]
  })
}

const newerThings = {
  image: 'a newer image recipe',
  entrypoint: 'a newer entrypoint',
  settings: 'another way to make containers',
} as const

type NoteTexts = { readonly text: string; readonly then: readonly string[] }

function noteTexts(note: Note, plan: SandboxPlan, context: PlanContext): NoteTexts {
  switch (note.kind) {
    case 'tag-moved':
      return {
        text: `${note.reference} now names another image: ${shortId(note.from)} -> ${shortId(note.to)}`,
        then: ['take it: sbx apply --upgrade'],
      }
    case 'ref-moved':
      return {
        text: `${note.reference} has moved: it is now commit ${note.to.slice(0, 12)}, sandbox.lock has ${note.from.slice(0, 12)}`,
        then: [`take it: sbx template lock --update ${shellWord(note.reference)}`],
      }
    case 'newer-recipe':
      return {
        text: `this sbx has ${newerThings[note.what]}; ${plan.name} gets it when it is next recreated`,
        then: ['take it now: sbx apply --recreate'],
      }
    case 'unfinished-apply': {
      const count = note.containers.length
      const they = count === 1 ? 'a container that is' : `${counted(count, 'container')} that are`
      return {
        text: `${plan.name} has an unfinished apply: it left ${they} not in use`,
        then: [...note.containers.map((name) => `- ${name}`), 'finish it: sbx apply      undo it: sbx prune'],
      }
    }
    case 'renamed-from': {
      const other = note.agent === undefined ? 'under its old name' : `for ${note.agent}`
      return {
        text: `${note.displayName} is this workspace's sandbox ${other}, with a home of its own`,
        then: [`apply never removes it. Remove: sbx rm ${note.id}`],
      }
    }
    case 'orphan':
      return {
        text: `${note.displayName} is an orphan: its workspace ${withTilde(note.workspace, context.home)} is gone`,
        then: [`apply never removes it. Remove: sbx rm ${note.id}`],
      }
    case 'shared-login': {
      const more = note.sandboxes.length - 3
      const others = `${note.sandboxes.slice(0, 3).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
      const advice = note.instead === null ? '' : `. ${note.instead}`
      return {
        text: `${others} ${note.sandboxes.length === 1 ? 'runs' : 'run'} with the same login of ${note.agent}; whichever renews it can log out the rest${advice}`,
        then: [],
      }
    }
    case 'unpublished-ports':
      return {
        text: `${note.ports.join(', ')} ${note.ports.length === 1 ? 'is' : 'are'} not published: ${plan.name} has no network`,
        then: [],
      }
    case 'missing-host-value': {
      const place = originText(note.source, context)
      return {
        text: `${settingName(note.path, context.home)}: ${withTilde(note.what, context.home)} is missing on this machine${place === '' ? '' : ` (${place})`}`,
        then: ['no session starts without it'],
      }
    }
  }
}
