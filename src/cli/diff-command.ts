// `sbx diff`.

import { type Command, Option } from 'commander'
import type { Chosen, CommandParts } from './command-parts.js'
import type { CommonOptions } from './call/invocation.js'
import type { DiffOptions } from './call/options.js'

export function addDiffCommand(program: Command, { command }: CommandParts, chosen: Chosen): void {
  command('diff', 'compare the file with that of a commit, and what both reach; needs no engine', program)
    .argument('[rev]', 'branch, tag or commit, such as main or HEAD~1', 'HEAD')
    .option('--config <file>', 'use this file instead of looking for sandbox.yaml')
    .addOption(new Option('--markdown', 'as Markdown, for a comment under a pull request').conflicts('json'))
    .option('--detailed-exitcode', 'exit 2 when there are changes')
    .action((rev: string, options: CommonOptions & DiffOptions) => {
      chosen('diff', options, async (invocation) => (await import('./access/diff.js')).diff(invocation, rev, options))
    })
}
