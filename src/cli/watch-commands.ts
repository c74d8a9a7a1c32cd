// The commands that look at sandboxes which run, and those that carry files in and out.

import type { Command } from 'commander'
import type { Chosen, CommandParts } from './command-parts.js'
import type { CommonOptions } from './call/invocation.js'
import type { StatsOptions } from './call/options.js'

export function addWatchCommands(
  program: Command,
  { command, withFile, withEngine }: CommandParts,
  chosen: Chosen,
): void {
  withEngine(command('stats', 'show what sandboxes use of processor, memory and network, until Ctrl-C', program))
    .argument('[sandboxes...]', 'names, ids or prefixes; default: all that run')
    .option('--no-stream', 'look once')
    .action((sandboxes: string[], options: CommonOptions & StatsOptions) => {
      chosen('stats', options, async (invocation) =>
        (await import('./watching/stats.js')).stats(invocation, sandboxes, options),
      )
    })

  withEngine(withFile(command('top', 'list what runs in a sandbox', program)))
    .argument('[sandbox]', 'name, id or prefix; default: that of the file, or the folder')
    .action((sandbox: string | undefined, options: CommonOptions) => {
      chosen('top', options, async (invocation) => (await import('./watching/top.js')).top(invocation, sandbox))
    })

  withEngine(withFile(command('cp', 'copy files out of a sandbox, or into one', program)))
    .argument('<source>', 'a path here, or SANDBOX:PATH inside; :PATH is in the one of the file, or the folder')
    .argument('<target>', 'the same; one of the two is inside')
    .action((source: string, target: string, options: CommonOptions) => {
      chosen('cp', options, async (invocation) => (await import('./copy/cp.js')).cp(invocation, source, target))
    })
}
