// `sbx rm` and `sbx prune`.

import type { Command } from 'commander'
import type { Chosen, CommandParts } from './command-parts.js'
import type { CommonOptions } from './call/invocation.js'
import type { PruneOptions, RemoveOptions } from './call/options.js'

export function addRemovalCommands(
  program: Command,
  { command, withFile, withEngine }: CommandParts,
  chosen: Chosen,
): void {
  withEngine(withFile(command('rm', 'remove sandboxes; their homes and clones are kept', program)))
    .argument('[sandboxes...]', 'names, ids or prefixes; default: that of the file, or the folder')
    .option('--volumes', 'remove their homes too: history, caches, settings; and their clones')
    .option('--discard', 'with --volumes: give up what a clone has and your repository does not')
    .option('--export <file>', 'before that, stop it and write its home to a new tar archive; of one sandbox at a time')
    .option('--worktree', 'remove the git work trees too that they were in; their branches stay')
    .option('-f, --force', 'end open sessions without asking')
    .action((sandboxes: string[], options: CommonOptions & RemoveOptions) => {
      chosen('rm', options, async (invocation) => (await import('./removal/rm.js')).rm(invocation, sandboxes, options))
    })

  withEngine(command('prune', 'remove what no sandbox needs: orphans, leftovers, unused images', program))
    .option('--volumes', 'remove the homes and clones of orphans too')
    .option('--discard', 'with --volumes: give up what a clone has and your repository does not')
    .option('-y, --yes', 'without asking')
    .action((options: CommonOptions & PruneOptions) => {
      chosen('prune', options, async (invocation) => (await import('./removal/prune.js')).prune(invocation, options))
    })
}
