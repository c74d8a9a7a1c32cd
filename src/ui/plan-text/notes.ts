// What is worth knowing and changes nothing, each with the commands that would change it.

import type { Note } from '../../model/note.js'
import type { SandboxPlan } from '../../model/plan.js'
import { escapeControls, wrapText } from '../characters.js'
import { indented, painted, type Line } from '../line.js'
import { shellWord } from '../../model/shell-word.js'
import { bytesText, counted, durationText, shortId, timeText, withTilde } from '../quantities.js'
import type { PlanContext } from './context.js'
import { hasDriftTable } from './drift.js'
import { oneLine } from '../step-text.js'
import { originText } from './grants.js'
import { hiddenTexts } from './hidden.js'
import { fateOf, leftBehindText, unfinishedAdoptionTexts } from './left-behind.js'
import type { NoteTexts, Of, Telling } from './note-texts.js'
import { olderHomeTexts } from './older-home.js'
import { settingName } from './values.js'

export function noteLines(plan: SandboxPlan, context: PlanContext): Line[] {
  // The table of what was changed outside sbx tells it with its values.
  const isTold = ({ kind }: Note): boolean => kind === 'tag-moved' && hasDriftTable(plan)
  const command = (text: string): string => context.command?.(text) ?? text
  return plan.notes.flatMap((note) => {
    if (isTold(note)) return []
    const { text, then } = noteTexts(note, { plan, context, command })
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

function noteTexts(note: Note, telling: Telling): NoteTexts {
  const { plan, context, command } = telling
  switch (note.kind) {
    case 'tag-moved':
      return {
        text: `${note.reference} now names another image: ${shortId(note.from)} -> ${shortId(note.to)}`,
        then: [`take it: ${command('sbx apply --upgrade')}`],
      }
    case 'ref-moved':
      return {
        text: `${note.reference} has moved: it is now commit ${note.to.slice(0, 12)}, sandbox.lock has ${note.from.slice(0, 12)}`,
        then: [`take it: ${command(`sbx template lock --update ${shellWord(note.reference)}`)}`],
      }
    case 'newer-recipe':
      return newerRecipeTexts(note, telling)
    case 'unfinished-apply':
      return unfinishedApplyTexts(note, telling)
    case 'renamed-from':
    case 'moved-from':
    case 'profile-gone':
    case 'orphan':
      return { text: leftBehindText(note, context), then: fateOf(note.id, telling) }
    case 'unfinished-adoption':
      return unfinishedAdoptionTexts(note, telling)
    case 'shared-login':
      return { text: sharedLoginText(note), then: [] }
    case 'unpublished-ports':
      return {
        text: `${note.ports.join(', ')} ${note.ports.length === 1 ? 'is' : 'are'} not published: ${plan.name} has no open network`,
        then: [],
      }
    case 'no-sudo-here':
      return noSudoTexts(note, plan)
    case 'no-git-here':
      return {
        text: `git does not work in ${plan.name}, where the git folder of its workspace is not: ${note.why}`,
        then: [],
      }
    case 'carries-files':
      return {
        text: `${plan.name} carries files ${snapshotText(note, context)} until its template changes`,
        then: [],
      }
    case 'drops-carried-files': {
      const fate = note.isCopied ? 'are copied' : 'go'
      return {
        text: `the files that ${plan.name} carries ${snapshotText(note, context)} ${fate}: its image is another`,
        then: note.isCopied ? [] : [`copy them over: ${command('sbx apply --keep')}`],
      }
    }
    case 'older-home':
      return olderHomeTexts(note, plan, command)
    case 'hidden-missing':
    case 'looks-secret':
      return hiddenTexts(note, plan, context.style.columns - 6)
    case 'own-covers': {
      const isOne = note.paths.length === 1
      return {
        text: `${note.paths.join(', ')} ${isOne ? 'is' : 'are'} ${plan.name}'s own, and what this machine has there is not seen in it`,
        then: [],
      }
    }
    case 'ssh-agent-moved':
      return {
        text: `the ssh agent that ${plan.name} was started with is gone; its next start has the one that is there then`,
        then: [`now: ${command('sbx apply --recreate')}`],
      }
    case 'flags-dropped':
      return {
        text: `the last run had ${escapeControls(note.flags.join(' '))}, and this is without`,
        then: [`write it into sandbox.yaml: ${command('sbx run --save')}`],
      }
    case 'prepare-skipped':
      return {
        text: `not run this time: ${note.runs.map(oneLine).join(', ')}`,
        then: [`run ${note.runs.length === 1 ? 'it' : 'them'}: ${command('sbx apply')}`],
      }
    case 'missing-host-value': {
      const place = originText(note.source, context)
      const what = `${settingName(note.path, context.home)}: ${withTilde(note.what, context.home)}`
      return {
        text: `${what} is missing on this machine${place === '' ? '' : ` (${place})`}`,
        then: ['no session starts without it'],
      }
    }
  }
}

function newerRecipeTexts({ what, isHeld }: Of<'newer-recipe'>, { plan, command }: Telling): NoteTexts {
  if (isHeld === true) {
    return {
      text: `this sbx has a newer image recipe; ${plan.name} stands on files that were kept and does without it`,
      then: [`take it: ${command('sbx apply --upgrade')}`],
    }
  }
  if (what === 'proxy') {
    return {
      text: `this sbx has a newer proxy for the network of ${plan.name}; connections end when it is replaced`,
      then: [`take it: ${command('sbx apply --upgrade')}`],
    }
  }
  return {
    text: `this sbx has ${newerThings[what]}; ${plan.name} gets it when it is next recreated`,
    then: [`take it now: ${command('sbx apply --recreate')}`],
  }
}

function unfinishedApplyTexts(
  { containers, at }: Of<'unfinished-apply'>,
  { plan, context, command }: Telling,
): NoteTexts {
  const time = timeText(new Date(at * 1000), context.now)
  const isNew = containers.some((name) => name === plan.current?.name)
  const left = isNew
    ? 'its container was made and never started'
    : containers.length === 0
      ? 'what it was to apply is written down, and no more is known of it'
      : `it left ${containers.length === 1 ? 'a container that is' : `${counted(containers.length, 'container')} that are`} not in use`
  return {
    text: `${plan.name} has an unfinished apply (${time.length > 5 ? time : `${time} today`}): ${left}`,
    then: [
      ...containers.map((name) => `- ${name}`),
      ...(containers.length === 0
        ? [`finish it: ${command('sbx apply')}`]
        : sideBySide(
            `finish it: ${command('sbx apply')}`,
            `undo it: ${command(isNew ? `sbx rm ${shellWord(plan.id)}` : 'sbx prune')}`,
            context,
          )),
    ],
  }
}

function sharedLoginText({ sandboxes, agent, instead }: Of<'shared-login'>): string {
  const more = sandboxes.length - 3
  const others = `${sandboxes.slice(0, 3).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  const advice = instead === null ? '' : `. ${instead}`
  const run = sandboxes.length === 1 ? 'runs' : 'run'
  return `${others} ${run} with the same login of ${agent}; whichever renews it can log out the rest${advice}`
}

function noSudoTexts({ why }: Of<'no-sudo-here'>, { name }: SandboxPlan): NoteTexts {
  return why === 'gvisor'
    ? {
        text: `sudo does not work in ${name}: under gVisor no program gets more rights than it was started with`,
        then: [],
      }
    : {
        text: `the agent is root in ${name} all the same: the workspace is root's, and who owns that is who the agent is`,
        then: ['give the folder to a user of its own'],
      }
}

/** In one line where they fit. */
function sideBySide(one: string, other: string, { style }: PlanContext): readonly string[] {
  const line = `${one}      ${other}`
  return line.length <= style.columns - 6 ? [line] : [one, other]
}

/** Labels that a snapshot was not given by sbx need not be a time. */
function snapshotText(
  { takenAt, bytes }: { readonly takenAt: string; readonly bytes?: number },
  { now }: PlanContext,
): string {
  const seconds = (now.getTime() - Date.parse(takenAt)) / 1000
  const time = Number.isFinite(seconds) && seconds >= 0 ? `of ${durationText(seconds)} ago` : 'of an earlier time'
  return bytes === undefined ? time : `${time} (${bytesText(bytes)})`
}
