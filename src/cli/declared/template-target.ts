// Which template a command is about: the one named in the call, else that of the current file.

import { flagLayer } from '../../config/flags.js'
import type { LoadedConfig } from '../../model/config.js'
import type { Host } from '../../resolve/host.js'
import { builtInNames } from '../../template/built-in.js'
import { parseTemplateReference } from '../../template/ref.js'
import { loadDeclared, requireFile } from './declared.js'
import type { Invocation } from '../call/invocation.js'
import type { CallPins } from './pins.js'

export type TemplateTarget = { readonly template?: string | undefined; readonly agent?: string | undefined }

/** `file` is the project's, beside which its pins are. */
export type LoadedTemplate = Pick<LoadedConfig, 'config' | 'origins' | 'file'>

/**
 * A config that says the template and nothing that reaches beyond it. An image does not say whom it is for: without an
 * agent it is looked at with a shell.
 */
export async function templateConfig(
  invocation: Invocation,
  host: Host,
  pins: CallPins,
  target: TemplateTarget,
): Promise<LoadedTemplate> {
  const { template: written } = target
  if (written === undefined) {
    const loaded = await loadDeclared(invocation, host, pins)
    requireFile(loaded)
    const { template, agent, setup } = loaded.config
    return {
      config: {
        ...(template === undefined ? {} : { template }),
        ...(agent === undefined ? {} : { agent }),
        ...(setup === undefined ? {} : { setup }),
      },
      origins: loaded.origins,
      file: loaded.file,
    }
  }
  const flags = { env: [], volumes: [], mountDockerSocket: false, template: written }
  const context = { directory: invocation.workingFolder, home: host.home }
  const { config, origins } = flagLayer(flags, context)
  const isImage = parseTemplateReference(config.template ?? '', builtInNames()).kind === 'image'
  const agent = target.agent ?? (isImage ? 'shell' : undefined)
  return { config: { ...config, ...(agent === undefined ? {} : { agent: { name: agent } }) }, origins, file: null }
}

/** The template alone in a sandbox with no network, no login, and nobody's name. */
export function loadedAlone({ config, origins, file }: LoadedTemplate, folder: string): LoadedConfig {
  return {
    config: { ...config, name: 'template-check', network: 'none', credentials: 'none', git: 'none' },
    origins,
    file,
    directory: folder,
    files: [],
    profile: null,
    profiles: [],
  }
}
