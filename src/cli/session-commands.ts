// Commands about sessions that go on when nobody looks at them.

import { type Command, Option } from 'commander'
import type { Chosen, CommandParts } from './command-parts.js'
import type { CommonOptions } from './call/invocation.js'
import type { LogsOptions } from './call/options.js'

export function addSessionCommands(
  program: Command,
  { command, withFile, withEngine }: CommandParts,
  chosen: Chosen,
): void {
  withEngine(withFile(command('attach', 'go on with a session; Ctrl-] d leaves it', program)))
    .argument('[sandbox]', 'name, id or prefix; default: that of the file, or the folder')
    .argument('[session]', 'id or an end of it; default: the one that is open')
    .action((sandbox: string | undefined, session: string | undefined, options: CommonOptions) => {
      chosen('attach', options, async (invocation) =>
        (await import('./session/attach-session.js')).attachToSession(invocation, sandbox, session),
      )
    })

  withEngine(withFile(command('logs', 'tell what a session printed', program)))
    .argument('[sandbox]', 'name, id or prefix; default: that of the file, or the folder')
    .argument('[session]', 'id or an end of it; default: the newest')
    .option('-f, --follow', 'go on until the session ends')
    .addOption(new Option('--raw', 'every byte, with what steers a terminal').conflicts('json'))
    .action((sandbox: string | undefined, session: string | undefined, options: CommonOptions & LogsOptions) => {
      chosen('logs', options, async (invocation) =>
        (await import('./session/logs.js')).logs(invocation, sandbox, session, options),
      )
    })

  withEngine(program.command('watch-session', { hidden: true }).exitOverride())
    .argument('<container>')
    .argument('<session>')
    .action((container: string, session: string, options: CommonOptions) => {
      chosen('watch-session', options, async (invocation) =>
        (await import('./session/watch-session.js')).watchSession(invocation, container, session),
      )
    })
}
