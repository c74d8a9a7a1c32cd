// Commands about sessions that go on when nobody looks at them.

import type { Command } from 'commander'
import type { Chosen, CommandParts } from './command-parts.js'
import type { CommonOptions } from './invocation.js'

export function addSessionCommands(
  program: Command,
  { command, withFile, withEngine }: CommandParts,
  chosen: Chosen,
): void {
  withEngine(withFile(command('attach', 'go on with a session; Ctrl-] d leaves it', program)))
    .argument('[sandbox]', 'name, id or prefix; default: that of the file, or the folder')
    .argument('[session]', 'id or the beginning of it; default: the one that is open')
    .action((sandbox: string | undefined, session: string | undefined, options: CommonOptions) => {
      chosen('attach', options, async (invocation) =>
        (await import('./attach-session.js')).attachToSession(invocation, sandbox, session),
      )
    })
}
