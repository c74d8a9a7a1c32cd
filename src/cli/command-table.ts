// The command table. Each verb's code is loaded only when it is called, so that none pays for the others.

import { Command, Option } from 'commander'
import { addAccessCommands } from './access-commands.js'
import { addCloneCommands } from './clone-commands.js'
import { type Chosen, collect, withApproval, withBeside } from './command-parts.js'
import { addDiffCommand } from './diff-command.js'
import type { CommonOptions } from './call/invocation.js'
import { addListCommands } from './list-commands.js'
import { addNetCommands } from './net-commands.js'
import { addPrepareCommand } from './prepare-command.js'
import { addRemovalCommands } from './removal-commands.js'
import type {
  AdoptOptions,
  AllOptions,
  ApprovalOptions,
  ChangeOptions,
  ExecOptions,
  InitOptions,
  LoginOptions,
  LogoutOptions,
  PlanChoices,
  RunOptions,
} from './call/options.js'
import { addSessionCommands } from './session-commands.js'
import { addTemplateCommands } from './template-commands.js'
import { sbxVersion } from './call/version.js'
import { addWatchCommands } from './watch-commands.js'

/** `chosen` is called with the verb of the command line; `handedOn` is what stood after `--`. */
export function commandTable(handedOn: readonly string[], chosen: Chosen): Command {
  const program = new Command('sbx')
    .description('Coding agents in local sandboxes, declared in sandbox.yaml and kept in step by plan and apply.')
    .version(sbxVersion, '-V, --version')
    .exitOverride()
    .showHelpAfterError(
      '(sbx --help lists the commands, sbx COMMAND --help its options; what is for the agent goes after --)',
    )
    .enablePositionalOptions()

  const command = (usage: string, description: string, parent = program): Command => {
    const made = parent.command(usage).description(description).exitOverride()
    made
      .option('--json', 'one JSON document on standard output')
      .option('--no-color', 'no colour; NO_COLOR does the same')
      .option('-q, --quiet', 'no progress on standard error')
      .option('-D, --debug', 'say what is asked of the engine')
    return made
  }
  const withFile = (made: Command): Command =>
    made
      .option('--config <file>', 'use this file instead of looking for sandbox.yaml')
      .option('--profile <name>', 'lay this profile over the file')
  const withEngine = (made: Command): Command =>
    made
      .addOption(
        new Option('--host <endpoint>', 'engine to talk to, such as unix:///var/run/docker.sock').conflicts('context'),
      )
      .option('--context <name>', 'docker context to take the engine from')
  const withChange = (made: Command): Command =>
    made
      .option('--upgrade', 'look for newer images and recreate where there are')
      .option('--recreate', 'recreate although nothing changed')
      .option('--keep', 'carry over what was done outside kept paths, where a recreate would lose it')
      .option('--discard', 'give up what was done outside kept paths')
      .option('--refresh-home', 'bring what a newer image has in the home and nobody changed there')
      .option('--locked', 'do nothing where sandbox.lock is not up to date')
      .addOption(
        new Option('--pull <when>', 'ask a registry for an image when it is missing, always or never').choices([
          'missing',
          'always',
          'never',
        ]),
      )

  withFile(command('init', 'write a sandbox.yaml for this project'))
    .option('--agent <name>', 'agent to write into it')
    .option('--force', 'write over a file that is there')
    .action((options: CommonOptions & InitOptions) => {
      chosen('init', options, async (invocation) => (await import('./declared/init.js')).init(invocation, options))
    })

  withFile(command('validate', 'check the file alone; needs no engine')).action((options: CommonOptions) => {
    chosen('validate', options, async (invocation) => (await import('./declared/validate.js')).validate(invocation))
  })

  addDiffCommand(program, { command, withFile, withEngine }, chosen)

  const planning = withChange(withEngine(withFile(command('plan', 'show what apply would do; changes nothing'))))
  planning
    .option('--detailed-exitcode', 'exit 2 when there are changes')
    .addOption(new Option('-o, --out <file>', 'save the plan, for sbx apply FILE').conflicts('all'))
    .option('--force', 'with -o: applying it ends the sessions that are open')
    .option('--wait', 'with -o: applying it waits until no session is open')
    .option('--all [folders...]', 'plan every sandbox.yaml below these folders; default: the working folder')
    .action((options: CommonOptions & PlanChoices & AllOptions & { detailedExitcode?: boolean; out?: string }) => {
      chosen('plan', options, async (invocation) =>
        options.all === undefined
          ? (await import('./planning/plan.js')).plan(invocation, options)
          : (await import('./many/plan-all.js')).planAll(invocation, foldersOf(options), options),
      )
    })

  command('show', 'show a saved plan; asks no engine', planning)
    .argument('<file>', 'what sbx plan -o wrote')
    .action((file: string, options: CommonOptions) => {
      chosen('plan show', options, async (invocation) =>
        (await import('./planning/plan-show.js')).planShow(invocation, file),
      )
    })

  withApproval(withChange(withEngine(withFile(command('apply', 'make it so')))))
    .argument('[file]', 'a saved plan: exactly that is done')
    .option('--all [folders...]', 'apply every sandbox.yaml below these folders; default: the working folder')
    .action((file: string | undefined, options: CommonOptions & ChangeOptions & ApprovalOptions & AllOptions) => {
      chosen('apply', options, async (invocation) =>
        options.all === undefined
          ? (await import('./applying/apply.js')).apply(invocation, file, options)
          : (await import('./many/apply-all.js')).applyAll(invocation, foldersOf(options, file), options),
      )
    })

  const running = withFile(command('run', 'bring the sandbox up to date and attach to the agent'))
  withBeside(withApproval(withChange(withEngine(running))))
    .argument('[agent]', 'agent to run; default: the file says')
    .argument('[args...]', 'arguments for the agent; those that begin with a dash go after --')
    .option('-e, --env <name[=value]>', 'set a variable, or hand one of this machine on (repeatable)', collect, [])
    .option('-v, --volume <host:target[:ro]>', 'mount a folder or file (repeatable)', collect, [])
    .option('-t, --template <reference>', 'template: built-in name, folder, image or git reference')
    .option('--mount-docker-socket', 'give the sandbox the engine’s socket')
    .addOption(new Option('--credentials <mode>', 'where the login lives').choices(['sandbox', 'none', 'host']))
    .option('--name <name>', 'name of the sandbox')
    .option('-w, --workspace <folder>', 'folder to work in')
    .option('--reset', 'forget the flags that this sandbox was made with; values of -e NAME=value are never remembered')
    .option('-d, --detach', 'begin the session and leave it to itself; prints its id')
    .option('--new', 'begin another session without asking where one is open')
    .option('--notify', 'run the command of your notify.yaml when a session that was left has ended')
    .option('--save', 'write the flags of this call and those that stayed into sandbox.yaml')
    .option('--no-prepare', 'attach without running what makes the project ready')
    .action((agent: string | undefined, args: string[], options: CommonOptions & RunOptions) => {
      chosen('run', options, async (invocation) =>
        (await import('./session/run.js')).run(invocation, agent, [...args, ...handedOn], options),
      )
    })

  withEngine(withFile(command('exec', 'run a command in the sandbox')))
    .argument('[sandbox]', 'name, id or prefix; default: that of the file, or the folder')
    .option('-e, --env <name[=value]>', 'set a variable for this command (repeatable)', collect, [])
    .usage('[options] [sandbox] -- COMMAND [ARGS...]')
    .action((sandbox: string | undefined, options: CommonOptions & ExecOptions) => {
      chosen('exec', options, async (invocation) =>
        (await import('./session/exec.js')).exec(invocation, sandbox, handedOn, options),
      )
    })

  withEngine(withFile(command('shell', 'open a shell in the sandbox')))
    .argument('[sandbox]', 'name, id or prefix; default: that of the file, or the folder')
    .option('-e, --env <name[=value]>', 'set a variable for this shell (repeatable)', collect, [])
    .action((sandbox: string | undefined, options: CommonOptions & ExecOptions) => {
      chosen('shell', options, async (invocation) =>
        (await import('./session/exec.js')).shell(invocation, sandbox, options),
      )
    })

  addSessionCommands(program, { command, withFile, withEngine }, chosen)

  addListCommands(program, { command, withFile, withEngine }, chosen)

  withEngine(withFile(command('stop', 'stop sandboxes; what is open in them ends, and nobody is asked')))
    .argument('[sandboxes...]', 'names, ids or prefixes; default: that of the file, or the folder')
    .action((sandboxes: string[], options: CommonOptions) => {
      chosen('stop', options, async (invocation) => (await import('./applying/stop.js')).stop(invocation, sandboxes))
    })

  addRemovalCommands(program, { command, withFile, withEngine }, chosen)

  withEngine(withFile(command('adopt', 'give a moved or orphaned sandbox’s home to the one of the file')))
    .argument('[sandbox]', 'whose home; default: the one that a move or an edit left behind')
    .option('-y, --yes', 'without asking')
    .option('-f, --force', 'end open sessions, and replace a home that is there')
    .option('--discard', 'give up what the containers have outside of their homes')
    .action((sandbox: string | undefined, options: CommonOptions & AdoptOptions) => {
      chosen('adopt', options, async (invocation) =>
        (await import('./removal/adopt.js')).adopt(invocation, sandbox, options),
      )
    })

  withEngine(withFile(command('login', 'log in to an agent, once for all its sandboxes')))
    .argument('[agent]', 'agent to log in to; default: that of the file')
    .option('--status', 'tell who is logged in, and how; of all agents where none is named')
    .action((agent: string | undefined, options: CommonOptions & LoginOptions) => {
      chosen('login', options, async (invocation) =>
        options.status === true
          ? (await import('./login/login-status.js')).loginStatus(invocation, agent)
          : (await import('./login/login.js')).login(invocation, agent),
      )
    })

  withEngine(command('logout', 'remove the login that all sandboxes of an agent share'))
    .argument('<agent>', 'agent to log out of')
    .option('-y, --yes', 'without asking')
    .action((agent: string, options: CommonOptions & LogoutOptions) => {
      chosen('logout', options, async (invocation) =>
        (await import('./login/logout.js')).logout(invocation, agent, options),
      )
    })

  addPrepareCommand(program, { command, withFile, withEngine }, chosen)
  addCloneCommands(program, { command, withFile, withEngine }, chosen)
  addTemplateCommands(program, { command, withFile, withEngine }, chosen)
  addAccessCommands(program, { command, withFile, withEngine }, chosen)
  addNetCommands(program, { command, withFile, withEngine }, chosen)
  addWatchCommands(program, { command, withFile, withEngine }, chosen)

  command('schema', 'print the JSON Schema of sandbox.yaml').action((options: CommonOptions) => {
    chosen('schema', options, async (invocation) => (await import('./declared/schema.js')).schema(invocation))
  })

  return program
}

/** A folder behind another option looks like an argument of its own. */
function foldersOf({ all }: AllOptions, argument?: string): readonly string[] {
  return [...(Array.isArray(all) ? all : []), ...(argument === undefined ? [] : [argument])]
}
