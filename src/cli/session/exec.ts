// A command or a shell beside the agent: in what was applied, whatever the file says by now.

import { entrypointVersion } from '../../engine/labels/entrypoint.js'
import { DiagnosticError, fail } from '../../model/diagnostic.js'
import type { LiveContainer, LiveSandbox } from '../../model/live.js'
import type { FieldChange, SandboxPlan } from '../../model/plan.js'
import { planSandbox } from '../../plan/plan.js'
import { readHost, type Host } from '../../resolve/host.js'
import { escapeControls } from '../../ui/characters.js'
import { attach, prepareSession } from './attach.js'
import { awaitReady } from '../applying/await-ready.js'
import { withEngine } from '../call/connect.js'
import { declare, loadDeclared } from '../declared/declared.js'
import { agentOf } from '../declared/described.js'
import { refuseFallenOut } from '../planning/hidden.js'
import { type Invocation, tell } from '../call/invocation.js'
import type { ExecOptions } from '../call/options.js'
import { callPins } from '../declared/pins.js'
import { runningSandbox } from './running-sandbox.js'

export async function exec(
  invocation: Invocation,
  name: string | undefined,
  argv: readonly string[],
  options: ExecOptions,
): Promise<number> {
  if (argv.length === 0) {
    fail(
      'cli/no-command',
      'No command is given',
      { detail: 'It goes after two dashes:', command: 'sbx exec -- ls' },
      'usage',
    )
  }
  return inSandbox(invocation, name, argv, options)
}

/** Bash where the image has it, else whatever its `sh` is. */
export async function shell(invocation: Invocation, name: string | undefined, options: ExecOptions): Promise<number> {
  const argv = ['/bin/sh', '-c', 'if command -v bash >/dev/null; then exec bash -l; else exec sh -l; fi']
  return inSandbox(invocation, name, argv, options)
}

async function inSandbox(
  invocation: Invocation,
  name: string | undefined,
  argv: readonly string[],
  options: ExecOptions,
): Promise<number> {
  const host = await readHost(invocation.env)
  return withEngine(invocation, host, async (engine) => {
    const { live, container, record } = await runningSandbox(invocation, host, engine, name)
    await refuseFallenOut(host, container)
    await tellWhatPlanSays(invocation, host, live, container)
    const session = await prepareSession(invocation, {
      containerSpec: container.spec,
      record,
      agent: await agentOf(invocation, host, container, record),
      host,
      command: { argv },
      flagEnv: flagVariables(options.env, invocation.env),
    })
    await awaitReady(invocation, engine, container.id, container.sandbox.displayName)
    return attach(invocation, engine, container.id, session, 'command')
  })
}

/**
 * An edit of the file, and what somebody did to the container. A file that does not load is no reason to refuse a shell in
 * the sandbox that runs.
 */
async function tellWhatPlanSays(
  invocation: Invocation,
  host: Host,
  live: LiveSandbox,
  container: LiveContainer,
): Promise<void> {
  const note = (what: string): void => {
    tell(invocation, [`note: ${what}. See: sbx plan`])
  }
  try {
    // What was never fetched is no reason to keep a shell waiting.
    const pins = callPins(invocation, host, { offline: true })
    const loaded = await loadDeclared(invocation, host, pins)
    if (loaded.file === null) return
    const { desired } = await declare(loaded, host, pins)
    if (desired.id !== container.sandbox.id) return
    const plan = planSandbox(desired, live, {
      scope: host.scope,
      entrypoint: entrypointVersion,
      upgrade: false,
      recreate: false,
      // What was not run, or is to run again, is in no way of a command.
      skipPrepare: true,
    })
    newsOf(plan).forEach(note)
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    const [first] = error.diagnostics.filter(({ code }) => code !== 'template/git-not-fetched')
    if (first === undefined) return
    const why = `${first.summary.charAt(0).toLowerCase()}${first.summary.slice(1)}`
    note(`sandbox.yaml cannot be applied now (${why}); this is what was last applied`)
  }
}

export function newsOf({ name, changes, notes }: Pick<SandboxPlan, 'name' | 'changes' | 'notes'>): readonly string[] {
  const dropped = notes.flatMap((each) => (each.kind === 'flags-dropped' ? each.flags : []))
  const why =
    dropped.length === 0
      ? 'sandbox.yaml has changed since the last apply'
      : `the last run had ${escapeControls(dropped.join(' '))}, which sandbox.yaml does not say`
  const isReplaced = changes.some(({ origin, effect }) => origin === 'drift' && effect === 'recreate')
  return [
    ...(changes.some(isEdit) ? [`${why}; this is what was last applied`] : []),
    ...(isReplaced ? [`${name} was changed outside sbx, and the next apply recreates it`] : []),
  ]
}

/** A value that this machine lacked at the last apply and has now is no edit of the file. */
function isEdit({ origin, before }: FieldChange): boolean {
  const wasMissing = before !== undefined && 'sensitive' in before && before.sensitive === 'missing'
  return origin === 'config' && !wasMissing
}

/** `NAME=value`, or `NAME` for this machine's value. */
function flagVariables(
  flags: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    flags.map((flag) => {
      const equals = flag.indexOf('=')
      if (equals > 0) return [flag.slice(0, equals), flag.slice(equals + 1)]
      const value = env[flag]
      if (value === undefined) {
        fail('cli/missing-variable', 'A variable is not set on this machine', {
          detail: `-e ${flag} hands on the value of ${flag}, and it has none here.`,
        })
      }
      return [flag, value]
    }),
  )
}
