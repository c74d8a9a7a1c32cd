import type { ContainerInfo } from 'dockerode'
import type { ListedContainer } from '../../model/live.js'

/** Where a container's ports are now, as a list tells it of one that runs. Of two addresses the one that more can use. */
export function publishedPorts({ Ports }: Pick<ContainerInfo, 'Ports'>): Pick<ListedContainer, 'published'> {
  const published: Record<string, { readonly address: string; readonly hostPort: number }> = {}
  // The engine's types promise more than it says: what is only exposed has no port outside.
  for (const { IP, PrivatePort, PublicPort, Type } of (Ports ?? []) as readonly Partial<
    ContainerInfo['Ports'][number]
  >[]) {
    if (IP === undefined || PublicPort === undefined) continue
    const port = `${String(PrivatePort)}/${String(Type)}`
    if (published[port] === undefined || !IP.includes(':')) published[port] = { address: IP, hostPort: PublicPort }
  }
  return Object.keys(published).length === 0 ? {} : { published }
}
