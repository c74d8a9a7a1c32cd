import type { PathKind } from '../../model/watching.js'
import type { Client } from '../connection/client.js'
import { statPath } from './path-stat.js'

/** What is at an absolute path of a container, running or not; null where nothing is. One HEAD. */
export async function lookAt(client: Client, containerId: string, path: string): Promise<PathKind | null> {
  const stat = await statPath(client, containerId, path, 'look into the sandbox')
  if (stat === null) return null
  const { isFolder, isPlainFile, linkTarget } = stat
  const kind = isFolder ? 'folder' : isPlainFile ? 'file' : linkTarget === null ? 'other' : 'link'
  return { kind, target: linkTarget }
}
