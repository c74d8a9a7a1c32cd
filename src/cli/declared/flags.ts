// The flags of `sbx run` that lie over the file: as given now, as recorded, and what of an earlier call still holds.

import { resolve } from 'node:path'
import type { RunFlags } from '../../config/flags.js'
import { escapeReferences } from '../../config/reference-text.js'
import { isWrong, parseMount } from '../../config/short-forms.js'
import { fail } from '../../model/diagnostic.js'
import { shellWord } from '../../model/shell-word.js'
import { builtInAgents } from '../../template/built-in.js'
import type { RunOptions } from '../call/options.js'

/** By flag, in the order given, variables by name. */
type RecordedFlags = Readonly<Record<string, readonly string[]>>

/** Throws `cli/clone-name`. */
export function runFlags(options: RunOptions, agent: string | undefined, workingFolder: string): RunFlags {
  checkCloneName(options, agent)
  return {
    env: options.env,
    // Recorded as absolute, so that they mean the same when they are taken up again from another folder.
    volumes: options.volume.map((volume) => absoluteVolume(volume, workingFolder)),
    mountDockerSocket: options.mountDockerSocket === true,
    ...(options.template === undefined ? {} : { template: options.template }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.workspace === undefined ? {} : { workspace: options.workspace }),
    ...(options.worktree === undefined ? {} : { worktree: options.worktree }),
    ...(options.clone === undefined ? {} : { clone: options.clone }),
    ...(agent === undefined ? {} : { agent }),
  }
}

/** `--clone` takes the word behind it, which is more often meant for the agent. With an agent beside it it is a name. */
function checkCloneName({ clone }: RunOptions, agent: string | undefined): void {
  if (typeof clone !== 'string' || agent !== undefined || !builtInAgents().includes(clone)) return
  fail(
    'cli/clone-name',
    'The name of a clone is that of an agent',
    {
      detail: `--clone takes a name, and "${clone}" is an agent. A clone that is called so: sbx run ${clone} --clone ${clone}. The agent in a clone:`,
      command: `sbx run ${clone} --clone`,
    },
    'usage',
  )
}

function absoluteVolume(volume: string, workingFolder: string): string {
  const parts = parseMount(volume)
  // One in a folder with a colon in its name can be said from there alone.
  if (isWrong(parts) || /^[/~$]/.test(parts.source) || workingFolder.includes(':')) return volume
  const source = resolve(escapeReferences(workingFolder), parts.source)
  return `${source}:${parts.target}${parts.readonly ? ':ro' : ''}`
}

/** The flags as they would be typed, for a command to copy; the value of `-e NAME=value` may be a secret and is left out. */
export function flagWords(flags: RunFlags): readonly string[] {
  const { agent, template, credentials, name, workspace, worktree, clone } = flags
  return [
    ...(agent === undefined ? [] : [agent]),
    ...flags.env.map((flag) => (flag.includes('=') ? `-e ${nameOf(flag)}=...` : `-e ${flag}`)),
    ...flags.volumes.map((volume) => `-v ${shellWord(volume)}`),
    ...(template === undefined ? [] : [`-t ${shellWord(template)}`]),
    ...(flags.mountDockerSocket ? ['--mount-docker-socket'] : []),
    ...(credentials === undefined ? [] : [`--credentials ${credentials}`]),
    ...(name === undefined ? [] : [`--name ${shellWord(name)}`]),
    ...(workspace === undefined || worktree !== undefined ? [] : [`-w ${shellWord(workspace)}`]),
    // Its folder may not be there yet, or not any more.
    ...(worktree === undefined ? [] : [`--worktree ${shellWord(worktree)}`]),
    ...(clone === undefined ? [] : [clone === true ? '--clone' : `--clone ${shellWord(clone)}`]),
  ]
}

/** Of these flags only where to work: what remains of a call whose other flags are in the file by now. */
export function placeFlags({ workspace }: RunFlags): RunFlags {
  return { env: [], volumes: [], mountDockerSocket: false, ...(workspace === undefined ? {} : { workspace }) }
}

/** Name, workspace and agent are who the sandbox is, so there is nothing to record of them; of variables only the name. */
export function recordedFlags(flags: RunFlags): RecordedFlags {
  const recorded = {
    '-e': [...new Set(flags.env.map(nameOf))].sort(),
    '-v': flags.volumes,
    '-t': flags.template === undefined ? [] : [flags.template],
    '--mount-docker-socket': flags.mountDockerSocket ? [''] : [],
    '--credentials': flags.credentials === undefined ? [] : [flags.credentials],
    '--clone': flags.clone === undefined ? [] : [''],
  }
  return Object.fromEntries(Object.entries(recorded).filter(([, values]) => values.length > 0))
}

export type KeptFlags = {
  /** This call's flags with those of the earlier one that it does not speak of. */
  readonly flags: RunFlags
  /** Variables whose value an earlier call gave and nobody kept. */
  readonly forgotten: readonly string[]
  /** The earlier flags that this call does not speak of, as they would be typed. */
  readonly dropped: readonly string[]
}

/**
 * What of an earlier call this one does not speak of; null where that is nothing. `isHostValue` says of a variable
 * whether it came from the host (`-e NAME`), and so can be read again.
 */
export function keptFlags(
  earlier: RecordedFlags,
  given: RunFlags,
  isHostValue: (name: string) => boolean,
): KeptFlags | null {
  const env = (earlier['-e'] ?? []).filter((name) => !given.env.some((flag) => nameOf(flag) === nameOf(name)))
  const volumes = (earlier['-v'] ?? []).filter(
    (volume) => !given.volumes.some((other) => targetOf(other) === targetOf(volume)),
  )
  const template = given.template === undefined ? earlier['-t']?.[0] : undefined
  const credentials = given.credentials === undefined ? earlier['--credentials']?.[0] : undefined
  const socket = !given.mountDockerSocket && earlier['--mount-docker-socket'] !== undefined
  const isClone = given.clone === undefined && earlier['--clone'] !== undefined
  const dropped = [
    ...env.map((name) => `-e ${nameOf(name)}`),
    ...volumes.map((volume) => `-v ${volume}`),
    ...(template === undefined ? [] : [`-t ${template}`]),
    ...(socket ? ['--mount-docker-socket'] : []),
    ...(credentials === undefined ? [] : [`--credentials ${credentials}`]),
    ...(isClone ? ['--clone'] : []),
  ]
  if (dropped.length === 0) return null
  const fromHost = env.map(nameOf).filter(isHostValue)
  return {
    flags: {
      ...given,
      env: [...given.env, ...fromHost],
      volumes: [...given.volumes, ...volumes],
      mountDockerSocket: given.mountDockerSocket || socket,
      ...(template === undefined ? {} : { template }),
      ...(credentials === undefined ? {} : { credentials }),
      ...(isClone ? { clone: true } : {}),
    },
    forgotten: env.map(nameOf).filter((name) => !isHostValue(name)),
    dropped,
  }
}

/** Variables that `-e NAME=value` sets for this call. */
export function literalVariables(flags: RunFlags): Record<string, string> {
  return Object.fromEntries(
    flags.env.flatMap((flag) => {
      const equals = flag.indexOf('=')
      return equals > 0 ? [[flag.slice(0, equals), flag.slice(equals + 1)]] : []
    }),
  )
}

function nameOf(flag: string): string {
  return flag.split('=', 1)[0] ?? ''
}

function targetOf(volume: string): string {
  return volume.split(':')[1] ?? ''
}
