// What goes between a clone and the repository that it was made of.

import type { Command } from 'commander'
import type { Chosen, CommandParts } from './command-parts.js'
import type { CommonOptions } from './call/invocation.js'
import type { FetchOptions } from './call/options.js'

export function addCloneCommands(
  program: Command,
  { command, withFile, withEngine }: CommandParts,
  chosen: Chosen,
): void {
  withEngine(withFile(command('fetch', 'bring the commits of a clone here, as branch sbx/NAME', program)))
    .argument('[sandbox]', 'name, id or prefix; default: that of the file, or the folder')
    .option('--wip', 'and what is not committed, as a commit on sbx/NAME-wip')
    .option('--all', 'and its other branches, as sbx/NAME+BRANCH')
    .action((sandbox: string | undefined, options: CommonOptions & FetchOptions) => {
      chosen('fetch', options, async (invocation) =>
        (await import('./clone/fetch.js')).fetch(invocation, sandbox, options),
      )
    })

  withEngine(withFile(command('push', 'send newer commits from here into a clone, as host/BRANCH', program)))
    .argument('[sandbox]', 'name, id or prefix; default: that of the file, or the folder')
    .action((sandbox: string | undefined, options: CommonOptions) => {
      chosen('push', options, async (invocation) => (await import('./clone/push.js')).push(invocation, sandbox))
    })
}
