// A sandbox in which a command never comes to its end.

import { DiagnosticError } from '../../src/model/diagnostic.js'
import type { Engine } from '../../src/model/engine.js'

/** Ends with its signal alone, as an engine ends it. */
export const silent: Pick<Engine, 'pipe'> = {
  pipe: (_containerId, _command, _streams, signal) =>
    new Promise((_, reject) => {
      const told = { severity: 'error', code: 'engine/interrupted', summary: 'Interrupted' } as const
      const end = (): void => reject(new DiagnosticError([told], 'interrupted'))
      if (signal?.aborted === true) end()
      signal?.addEventListener('abort', end)
    }),
}
