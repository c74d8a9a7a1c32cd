// Commands to copy, for the sandbox that this call is about.

import { shellWord } from '../ui/shell-word.js'
import type { Invocation } from './invocation.js'

/** `sbx apply` with the options of this call that say which file, which profile and which engine. */
export function callLike({ options }: Pick<Invocation, 'options'>, command: string): string {
  const named = (['config', 'profile', 'host', 'context'] as const).flatMap((name) => {
    const value = options[name]
    return value === undefined ? [] : [`--${name} ${shellWord(value)}`]
  })
  return [command, ...named].join(' ')
}

/** `sbx apply --all` with these folders. */
export function commandForAll(folders: readonly string[]): string {
  return ['sbx apply --all', ...folders.map(shellWord)].join(' ')
}
