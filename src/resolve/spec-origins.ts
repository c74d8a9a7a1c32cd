// Where each value of a spec was said.

import type { Config, Origin, Origins } from '../model/config.js'
import { pointer } from '../model/json.js'
import { originOf } from './origins.js'

/**
 * The specs are shaped like the config, so a pointer into one is a pointer into the other; but a template that is not
 * written comes from the agent's name, the version of the agent is the template's, what is beside the workspace and the
 * agent stands within them in the config, and a step of `prepare` goes by its command.
 */
export function specOrigins(config: Config, origins: Origins): Origins {
  const agent = originOf(origins, '/agent/name')
  const version = originOf(origins, '/agent/version')
  return {
    ...origins,
    ...lifted(origins, '/workspace', 'hide'),
    ...lifted(origins, '/workspace', 'own'),
    ...lifted(origins, '/agent', 'files'),
    ...prepareOrigins(config, origins),
    ...(agent === undefined || '/template' in origins ? {} : { '/template': agent }),
    ...(version === undefined ? {} : { '/template/version': version }),
  }
}

function lifted(origins: Origins, from: string, key: string): Origins {
  const written = `${from}/${key}`
  return Object.fromEntries(
    Object.entries(origins).flatMap(([path, origin]) =>
      path === written || path.startsWith(`${written}/`) ? [[path.slice(from.length), origin]] : [],
    ),
  )
}

function prepareOrigins({ prepare = [] }: Config, origins: Origins): Origins {
  return Object.fromEntries(
    prepare.flatMap(({ run }, index): [string, Origin][] => {
      const origin = originOf(origins, pointer('prepare', index))
      return origin === undefined ? [] : [[pointer('prepare', run), origin]]
    }),
  )
}
