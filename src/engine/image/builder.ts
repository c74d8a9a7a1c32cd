// Which of the engine's builders makes images, where somebody has said so.

import { fail } from '../../model/diagnostic.js'
import type { Builder } from './build.js'

/** Null leaves it to the engine. Throws `engine/builder`. */
export function namedBuilder(name: string | undefined): Builder | null {
  if (!name) return null
  if (name === 'buildkit' || name === 'classic') return name
  return fail(
    'engine/builder',
    'SBX_BUILDER names no builder',
    {
      detail: `It says ${JSON.stringify(name)}. It can be buildkit or classic; without it the engine chooses.`,
    },
    'usage',
  )
}
