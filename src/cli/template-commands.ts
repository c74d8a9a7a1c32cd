// `sbx template` and what is under it.

import type { Command } from 'commander'
import { collect, type Chosen, type CommandParts } from './command-parts.js'
import type { CommonOptions } from './call/invocation.js'
import type { TemplateCheckOptions, TemplateLockOptions } from './call/options.js'

export function addTemplateCommands(
  program: Command,
  { command, withFile, withEngine }: CommandParts,
  chosen: Chosen,
): void {
  const template = program.command('template').description('templates: what sandboxes are made from').exitOverride()
  withFile(command('ls', 'list the templates that there are', template)).action((options: CommonOptions) => {
    chosen('template ls', options, async (invocation) => (await import('./template/template-ls.js')).ls(invocation))
  })
  withEngine(withFile(command('build', "build a template's image, and print its tag", template)))
    .argument('[template]', 'name, folder or git reference; default: that of the file, with its setup')
    .action((reference: string | undefined, options: CommonOptions) => {
      chosen('template build', options, async (invocation) =>
        (await import('./template/template-build.js')).build(invocation, reference),
      )
    })
  withEngine(withFile(command('check', 'try a template in a sandbox of its own, and say what it lacks', template)))
    .argument('[template]', 'name, folder, git reference or image; default: that of the file, with its setup')
    .option('--agent <name>', 'agent that an image is for')
    .action((reference: string | undefined, options: CommonOptions & TemplateCheckOptions) => {
      chosen('template check', options, async (invocation) =>
        (await import('./template/template-check.js')).check(invocation, { template: reference, agent: options.agent }),
      )
    })
  withEngine(withFile(command('lock', 'pin what the file names, in sandbox.lock', template)))
    .option('--update <name>', 'move this pin: a reference, an agent or all (repeatable)', collect, [])
    .action((options: CommonOptions & TemplateLockOptions) => {
      chosen('template lock', options, async (invocation) =>
        (await import('./declared/template-lock.js')).lock(invocation, options),
      )
    })
}
