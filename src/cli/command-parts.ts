// What the parts of the command table share.

import { type Command, InvalidArgumentError, Option } from 'commander'
import type { CommonOptions, Invocation } from './call/invocation.js'

export type Verb = (invocation: Invocation) => Promise<number>

/** Is called with the verb of the command line. */
export type Chosen = (name: string, options: CommonOptions, run: Verb) => void

/** How the table makes a command, and gives it the options that several have. */
export type CommandParts = {
  readonly command: (usage: string, description: string, parent?: Command) => Command
  readonly withFile: (made: Command) => Command
  readonly withEngine: (made: Command) => Command
}

/** Of an option that can be given several times. */
export function collect(value: string, sofar: string[]): string[] {
  if (value === '') throw new InvalidArgumentError('It is empty.')
  return [...sofar, value]
}

/** Of what works beside another sandbox of the repository. */
export function withBeside(made: Command): Command {
  return made
    .addOption(
      new Option(
        '--worktree <branch>',
        'in the work tree of this branch, made beside this one where there is none',
      ).conflicts(['workspace', 'clone']),
    )
    .option('--clone [name]', 'in a clone of its own instead of the folder; with a name in one more sandbox')
}

/** Of what a plan asks about. */
export function withApproval(made: Command): Command {
  return made
    .option('-y, --yes', 'create, update and recreate without asking')
    .option('--force', 'end the sessions that are open')
    .option('--wait', 'wait until no session is open')
    .option('--allow <grant>', 'approve one grant, such as mount:/data (repeatable)', collect, [])
    .option('--allow-widen', 'approve every grant that this plan lists')
}
