// Commands to copy: they must do what is said of them, and so have the options of this call that say which file, which
// profile and which engine.

import type { Diagnostic } from '../../model/diagnostic.js'
import { shellWord } from '../../model/shell-word.js'
import type { Invocation } from './invocation.js'

type Call = Pick<Invocation, 'options'>

const file = ['config', 'profile'] as const
const engine = ['host', 'context'] as const
const both = [...file, ...engine] as const

/** What each verb of the command table takes. Where a sandbox is named, as with `rm`, no file is asked. */
export const taken: Readonly<Record<string, readonly (typeof both)[number][]>> = {
  ...{
    plan: both,
    apply: both,
    run: both,
    exec: both,
    shell: both,
    attach: both,
    adopt: both,
    login: both,
    prepare: both,
  },
  ...{ rm: engine, stop: engine, inspect: engine, ls: engine, prune: engine, logout: engine },
  ...{ logs: both, 'watch-session': engine },
  ...{ init: file, validate: file, 'template ls': file, diff: ['config'] },
  ...{ 'template lock': both, 'template build': both, 'template check': both },
  ...{ fetch: both, push: both },
  ...{ grants: engine, 'grants ls': engine, 'grants revoke': both, 'net log': both },
  ...{ stats: engine, top: both, cp: both },
}

/**
 * `sbx apply`, in another folder where it says so, with these options, but for those that it has already. What is no command
 * of sbx stays as it is.
 */
export function callLike({ options }: Call, command: string): string {
  const [, verb = ''] =
    /^(?:cd .+ && )?sbx ((?:template|net) \S+|plan show|grants (?:ls|revoke)\b|\S+)/.exec(command) ?? []
  const [own = '', ...handedOn] = command.split(' -- ')
  const named = (taken[verb] ?? []).flatMap((name) => {
    const value = options[name]
    return value === undefined || own.includes(` --${name} `) ? [] : [`--${name} ${shellWord(value)}`]
  })
  return [[own, ...named].join(' '), ...handedOn].join(' -- ')
}

/** Whoever finds something wrong need not know the call: its command, and those in backticks, become those of the call. */
export function ofCall(call: Call, { command, detail, ...diagnostic }: Diagnostic): Diagnostic {
  return {
    ...diagnostic,
    ...(detail === undefined
      ? {}
      : { detail: detail.replaceAll(/`(sbx [^`]+)`/g, (_, found: string) => `\`${callLike(call, found)}\``) }),
    ...(command === undefined ? {} : { command: callLike(call, command) }),
  }
}

/** `sbx apply --all` with these folders. */
export function commandForAll(folders: readonly string[]): string {
  return ['sbx apply --all', ...folders.map(shellWord)].join(' ')
}
