// What a person said yes to by typing it as a flag.

import type { LiveSandbox } from '../../model/live.js'
import { mountGrantKey } from '../../resolve/grants.js'
import { writablePaths } from '../../resolve/sources.js'
import { realPathAsTyped } from '../../resolve/typed-path.js'
import { evaluate, parseReferences } from '../../resolve/variables.js'
import type { Declared } from '../declared/declared.js'

/**
 * Keys of what the flags of one call reach for. Not a mount or a template by a link that somebody else may have made: where
 * that leads was not typed.
 */
export function typedGrants(
  { desired, loaded, host }: Pick<Declared, 'desired' | 'loaded' | 'host'>,
  { others }: Pick<LiveSandbox, 'others'>,
): ReadonlySet<string> {
  const { mounts, template } = desired.containerSpec
  const writable = [desired.workspace, ...others.flatMap(({ spec }) => writablePaths(spec))]
  const isElsewhere = (written: string, real: string): boolean => realPathAsTyped(written, writable) !== real
  const typed = desired.grants.filter(({ origin }) => origin?.kind === 'flag').map(({ key }) => key)
  const throughLinks = new Set<string>()
  for (const [target, { source }] of Object.entries(mounts)) {
    const key = mountGrantKey(target)
    const text = loaded.config.mounts?.[target]?.source
    if (!typed.includes(key) || text === undefined) continue
    const written = evaluate(parseReferences(text), host.env)
    if (written.kind === 'missing' || isElsewhere(written.value, source)) throughLinks.add(key)
  }
  if (
    template.kind === 'folder' &&
    typed.includes('template') &&
    isElsewhere(loaded.config.template ?? '', template.path)
  )
    throughLinks.add('template')
  return new Set(typed.filter((key) => !throughLinks.has(key)))
}
