// `sbx net` and what is under it.

import type { Command } from 'commander'
import type { Chosen, CommandParts } from './command-parts.js'
import type { CommonOptions } from './call/invocation.js'
import type { NetLogOptions } from './call/options.js'

export function addNetCommands(
  program: Command,
  { command, withFile, withEngine }: CommandParts,
  chosen: Chosen,
): void {
  const net = program.command('net').description('what a sandbox with a limited network reaches').exitOverride()
  withEngine(withFile(command('log', 'tell which hosts the sandbox asked for, and what became of it', net)))
    .argument('[sandbox]', 'name, id or prefix; default: that of the file, or the folder')
    .option('-f, --follow', 'tell each request as it comes; a connection that was let through when it ends')
    .action((sandbox: string | undefined, options: CommonOptions & NetLogOptions) => {
      chosen('net log', options, async (invocation) =>
        (await import('./access/net-log.js')).netLog(invocation, sandbox, options),
      )
    })
}
