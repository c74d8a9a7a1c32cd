// What the parts of the command table share.

import { type Command, InvalidArgumentError } from 'commander'
import type { CommonOptions, Invocation } from './invocation.js'

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
