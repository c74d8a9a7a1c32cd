// What `--notify` runs when a session ends that nobody looks at: the user's own command, by a process that waits for it and
// for nothing else. It dies with the machine.

import { spawn } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { readNotify, type Notify } from '../../config/notify.js'
import { fail } from '../../model/diagnostic.js'
import type { DesiredSandbox } from '../../model/desired.js'
import type { Engine } from '../../model/engine.js'
import type { ContainerSpec } from '../../model/spec.js'
import type { Host } from '../../resolve/host.js'
import { isAtOrBeneath } from '../../resolve/paths.js'
import { errorCode, realPathIfReachable } from '../../resolve/read.js'
import { writablePaths } from '../../resolve/sources.js'
import { placesOnWay } from '../../resolve/typed-path.js'
import { isAtTerminal } from './attach.js'
import { type Invocation, tell } from '../call/invocation.js'
import type { RunOptions } from '../call/options.js'

/** What an agent of this machine could write. */
export type Near = { readonly sandbox: { readonly displayName: string }; readonly spec: ContainerSpec }

/**
 * Before anything is started: a session that was to be told of and is not would be waited for in vain. Throws
 * `notify/none`, `notify/in-reach`, `notify/no-program`, and what is wrong with the file.
 */
export function userNotify(host: Host, sandboxes: readonly Near[]): Notify {
  const notify = readNotify(host)
  if (notify === null) {
    return fail('notify/none', 'No command is set to be run', {
      detail:
        `--notify runs the command of ${host.configFolder}/notify.yaml when the session ends, and there is none. Write it, ` +
        'such as: command: [notify-send, sbx]',
    })
  }
  const [program, ...args] = notify.command
  const found = placeOf(host, program)
  for (const path of [notify.file, found ?? program, ...args.flatMap((each) => pathIn(each, host.home) ?? [])]) {
    const places = path.startsWith('/') ? placesOnWay(path) : []
    const near = sandboxes.find(({ spec }) => places.some((place) => canWrite(spec, place)))
    if (near === undefined) continue
    fail('notify/in-reach', 'An agent could change what is run on this machine', {
      detail:
        `${path} lies, or leads by a link, where sandbox ${near.sandbox.displayName} can write. Keep it outside of ` +
        'every workspace.',
    })
  }
  if (found === null) {
    fail('notify/no-program', 'The command to be run is not there', {
      detail: `${notify.file} names ${program}, and there is no such program. Nobody would see it fail.`,
    })
  }
  return notify
}

/** Where a program is: at its own place, or in a folder of PATH that no agent can write. */
function placeOf(host: Host, program: string): string | null {
  const places = isAbsolute(program)
    ? [program]
    : (host.programEnv()['PATH'] ?? '').split(delimiter).map((folder) => join(folder, program))
  const found = places.find((place) => {
    try {
      accessSync(place, constants.X_OK)
      return true
    } catch (error) {
      if (errorCode(error) === undefined) throw error
      return false
    }
  })
  return found ?? null
}

/**
 * An argument that is a path, or an option with one: `sh` runs what it names. The command is run in the home folder, where a
 * file needs no more than its name; a word that a folder has for its name as well is not taken for one.
 */
function pathIn(argument: string, home: string): string | null {
  const path = argument.replace(/^-[^/=]*=/, '')
  const place = resolve(home, path)
  return path.includes('/') || isFile(place) ? place : null
}

function isFile(path: string): boolean {
  const real = realPathIfReachable(path)
  return real !== null && statSync(real, { throwIfNoEntry: false })?.isFile() === true
}

function canWrite(spec: ContainerSpec, place: string): boolean {
  return writablePaths(spec).some((path) => isAtOrBeneath(place, path))
}

/** What a session is begun with, so that it is told of once it was left: in this container. */
export type Leaving = (containerId: string) => { readonly whenLeft?: (session: string) => void }

/** Of `--notify`, once the command is there and no agent could change it. */
export async function whenLeft(
  invocation: Invocation,
  { host, desired }: { readonly host: Host; readonly desired: DesiredSandbox },
  engine: Pick<Engine, 'list'>,
  { notify = false, detach = false }: Pick<RunOptions, 'notify' | 'detach'>,
): Promise<Leaving> {
  if (!notify) return () => ({})
  const own = { sandbox: desired, spec: desired.containerSpec }
  userNotify(host, [own, ...(await engine.list())])
  if (!detach && !isAtTerminal(invocation)) {
    tell(invocation, ['note: this session ends with this call, so that --notify has nothing to tell.'])
  }
  return (containerId) => ({ whenLeft: (session) => notifyAtEnd(invocation, host, containerId, session) })
}

/** Leaves a process behind that runs the command when the session has ended. It has no terminal, and nobody waits for it. */
function notifyAtEnd({ options, env }: Invocation, host: Host, containerId: string, session: string): void {
  const { host: named, context } = options
  const engine = [
    ...(named === undefined ? [] : ['--host', named]),
    ...(context === undefined ? [] : ['--context', context]),
  ]
  const [program = ''] = process.argv.slice(1)
  const watcher = spawn(process.execPath, [program, 'watch-session', ...engine, containerId, session], {
    cwd: host.home,
    env,
    detached: true,
    stdio: 'ignore',
  })
  watcher.unref()
}
