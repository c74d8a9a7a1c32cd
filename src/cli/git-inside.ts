// git in a sandbox as the far end of a pipe: it runs as the agent, with the agent's settings.

import type { Engine } from '../model/engine.js'
import { agentHome } from '../model/names.js'
import type { FarEnd } from '../template/git-pipe.js'

/**
 * Of what is sent in, packs stay packs: to unpack and compress each object again takes three times as long. `folder` is the
 * top of the working tree. Throws what `Engine.pipe` throws.
 */
export function gitInside(engine: Pick<Engine, 'pipe'>, containerId: string, folder: string): FarEnd {
  const settings = {
    'upload-pack': [],
    'receive-pack': ['receive.unpackLimit=1', 'core.bigFileThreshold=1m', 'receive.autoGC=false'],
  }
  return (service, streams, signal) =>
    engine.pipe(
      containerId,
      {
        argv: ['git', ...settings[service].flatMap((setting) => ['-c', setting]), service, folder],
        user: 'agent',
        env: insideEnv(folder),
        workingFolder: folder,
        doing: service === 'upload-pack' ? 'fetch what the sandbox has' : 'send commits into the sandbox',
      },
      streams,
      signal,
    )
}

/** Of whatever runs git in a clone: the folder may be another user's where the agent is root. */
export function insideEnv(folder: string): Readonly<Record<string, string>> {
  return {
    HOME: agentHome,
    LC_ALL: 'C',
    ...{ GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: folder },
  }
}
