// What it takes to limit a network: the image of the proxy, and the hosts without which the agent is none.

import { join } from 'node:path'
import type { ImageSource } from '../model/template.js'
import { builtInAgents, builtInTemplate } from './built-in.js'
import { readTemplateFolder } from './folder.js'
import { addBuild } from './image.js'

/** A folder of its own and no template: nobody works in it. */
const folder = join(import.meta.dirname, '../../proxy')

export function proxyImage(): ImageSource {
  const { dockerfile, files } = readTemplateFolder(folder)
  return addBuild([], { repository: 'localhost/sbx-proxy', hasAlias: true, dockerfile, files })
}

/**
 * As `host:port`. Those that sbx itself says, whatever template is used: what somebody else's folder says of hosts lets
 * nothing out.
 */
export function agentHosts(agent: string): readonly string[] {
  if (!builtInAgents().includes(agent)) return []
  return builtInTemplate(agent).descriptor.hosts.map((host) => (host.includes(':') ? host : `${host}:443`))
}
