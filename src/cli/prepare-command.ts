import type { Command } from 'commander'
import type { Chosen, CommandParts } from './command-parts.js'
import type { CommonOptions } from './call/invocation.js'

export function addPrepareCommand(
  program: Command,
  { command, withFile, withEngine }: CommandParts,
  chosen: Chosen,
): void {
  withEngine(withFile(command('prepare', 'run the commands that make the project ready once more', program))).action(
    (options: CommonOptions) => {
      chosen('prepare', options, async (invocation) => (await import('./applying/prepare.js')).prepare(invocation))
    },
  )
}
