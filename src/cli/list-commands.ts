// Commands about what there is on the engine.

import type { Command } from 'commander'
import type { Chosen, CommandParts } from './command-parts.js'
import type { CommonOptions } from './call/invocation.js'
import type { ListOptions } from './call/options.js'

export function addListCommands(
  program: Command,
  { command, withFile, withEngine }: CommandParts,
  chosen: Chosen,
): void {
  withEngine(command('ls', 'list the sandboxes on the engine', program))
    .option('--kept', 'list homes and clones that no sandbox has instead')
    .action((options: CommonOptions & ListOptions) => {
      chosen('ls', options, async (invocation) =>
        options.kept === true
          ? (await import('./removal/ls-kept.js')).lsKept(invocation)
          : (await import('./watching/ls.js')).ls(invocation),
      )
    })

  withEngine(withFile(command('inspect', 'show sandboxes in full, as JSON', program)))
    .argument('[sandboxes...]', 'names, ids or prefixes; default: that of the file, or the folder')
    .action((sandboxes: string[], options: CommonOptions) => {
      chosen('inspect', options, async (invocation) =>
        (await import('./watching/inspect.js')).inspect(invocation, sandboxes),
      )
    })
}
