// Changes that no line of a file asks for: a newer image, what is gone from the engine, another workspace folder.

import type { DesiredSandbox } from '../model/desired.js'
import { pointer, type JsonPointer, type JsonValue } from '../model/json.js'
import type { LiveContainer } from '../model/live.js'
import { agentHome } from '../model/names.js'
import type { FieldChange } from '../model/plan.js'
import { movedTag } from './notes.js'
import type { Situation } from './situation.js'
import { goneVolumes } from './volumes.js'

/** What an upgrade would bring: a newer image, a recipe or entrypoint of this sbx; null where there is nothing newer. */
export function imageUpgrade(
  { desired, live, options: { entrypoint } }: Situation,
  container: LiveContainer,
): Pick<FieldChange, 'before' | 'after' | 'path'> | null {
  const moved = movedTag(desired, live, container)
  if (moved !== null) return { path: '/image', before: { value: moved.from }, after: { value: moved.to } }
  if (container.recipe !== desired.image.recipe) {
    return { path: '/image', before: { value: container.recipe }, after: { value: desired.image.recipe } }
  }
  if (container.entrypoint !== entrypoint) {
    return { path: '/entrypoint', before: { value: container.entrypoint }, after: { value: entrypoint } }
  }
  if (!container.fixed.isOlder) return null
  return { path: '/settings', before: { value: 'of an older sbx' }, after: { value: 'of this sbx' } }
}

/** Beside an upgrade also what a recreate for another reason takes with it; that alone would be no reason for one. */
export function imageChange(situation: Situation): FieldChange | null {
  const { desired, live, options, current } = situation
  const newer = options.upgrade ? imageUpgrade(situation, current) : movedTag(desired, live, current)
  if (newer === null) return null
  const values = 'kind' in newer ? { path: '/image', before: { value: newer.from }, after: { value: newer.to } } : newer
  return { ...values, op: 'change', effect: 'recreate', origin: 'image' }
}

/** What the container needs to start and what nobody but a new container can have back. */
export function whatIsGone({ desired, live, current }: Situation): FieldChange[] {
  const gone = { op: 'add', effect: 'recreate', origin: 'drift' } as const
  const home = { value: desired.homeVolume }
  return [
    ...(live.hasHome ? [] : [{ ...gone, path: pointer('volumes', agentHome), after: home, lastApplied: home }]),
    ...goneVolumes(desired, live, current),
    ...(current.missing ?? []).flatMap((path) => {
      const value = wantedAt(desired, path)
      // What is not wanted any more is told as that.
      return value === undefined ? [] : [{ ...gone, path, after: { value }, lastApplied: { value } }]
    }),
    ...(current.state === 'dead' || current.state === 'removing'
      ? [{ ...gone, path: pointer('id'), after: { unknown: true } as const }]
      : []),
  ]
}

function wantedAt(
  { containerSpec: { network, networks = {}, ssh } }: DesiredSandbox,
  path: JsonPointer,
): JsonValue | undefined {
  if (path === pointer('network')) return network
  if (path === pointer('ssh')) return ssh
  const name = Object.keys(networks).find((each) => path === pointer('networks', each))
  return name === undefined ? undefined : true
}

export function folderChange(before: string, after: string): FieldChange {
  return {
    path: pointer('workspace', 'inode'),
    op: 'change',
    effect: 'restart',
    origin: 'drift',
    before: { value: before },
    after: { value: after },
    lastApplied: { value: before },
  }
}

export const readyPath = pointer('ready')

/** Where it runs and cannot be used: it is waited for, or started again where waiting is in vain. */
export function readyChange({ readiness }: LiveContainer): FieldChange[] {
  if (readiness === null || readiness === 'ready') return []
  return [
    {
      path: readyPath,
      op: 'change',
      effect: readiness === 'lost' ? 'restart' : 'live',
      origin: 'drift',
      before: { value: false },
      after: { value: true },
      lastApplied: { value: true },
    },
  ]
}
