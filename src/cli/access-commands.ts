// `sbx grants` and what is under it: what sandboxes may reach, and who said so.

import type { Command } from 'commander'
import type { Chosen, CommandParts } from './command-parts.js'
import type { CommonOptions } from './call/invocation.js'
import type { RevokeOptions } from './call/options.js'

export function addAccessCommands(
  program: Command,
  { command, withFile, withEngine }: CommandParts,
  chosen: Chosen,
): void {
  const list = (sandbox: string | undefined, options: CommonOptions): void => {
    chosen('grants', options, async (invocation) => (await import('./access/grants.js')).grants(invocation, sandbox))
  }
  const grants = withEngine(command('grants', 'list what sandboxes were allowed to reach on this machine', program))
    .argument('[sandbox]', 'name, id or prefix; default: all')
    .action(list)
  withEngine(command('ls', 'the same', grants))
    .argument('[sandbox]', 'name, id or prefix; default: all')
    .action(list)
  withEngine(withFile(command('revoke', 'take approvals back; the next plan asks for them again', grants)))
    .argument('[names...]', 'a sandbox (default: that of the file, or the folder), and its grants, such as mount:/data')
    .option('--all', 'every approval of the sandbox')
    .action((names: string[], options: CommonOptions & RevokeOptions) => {
      chosen('grants revoke', options, async (invocation) =>
        (await import('./access/grants-revoke.js')).revoke(invocation, names, options),
      )
    })
}
