// The image of the proxy that a limited network has as its way out. A folder of its own and no template: nobody works in it.

import { join } from 'node:path'
import type { ImageSource } from '../model/template.js'
import { addBuild } from './image.js'
import { readTemplateFolder } from './folder.js'

const folder = join(import.meta.dirname, '../../proxy')

export function proxyImage(): ImageSource {
  const { dockerfile, files } = readTemplateFolder(folder)
  return addBuild([], { repository: 'localhost/sbx-proxy', hasAlias: true, dockerfile, files })
}
