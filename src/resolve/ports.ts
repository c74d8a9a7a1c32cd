// Whether the host ports of a sandbox are free. The engine finds out only when it starts a container, which for a
// recreate is after the old one has stopped.

import { createServer } from 'node:net'
import type { Origins } from '../model/config.js'
import { DiagnosticError, type Diagnostic } from '../model/diagnostic.js'
import { pointer } from '../model/json.js'
import type { ContainerSpec, PortSpec } from '../model/spec.js'
import { diagnosticAt } from './origins.js'
import { errorCode } from './read.js'

type Ports = Pick<ContainerSpec, 'ports'>

/**
 * Throws one diagnostic a port that another program holds. Ports that running containers of the same sandbox publish are
 * theirs to hand over. Only TCP is tried: a UDP port can be bound beside another.
 */
export async function checkPorts(request: {
  readonly spec: Ports
  readonly current: readonly Ports[]
  readonly origins?: Origins
}): Promise<void> {
  const held = new Set(request.current.flatMap(({ ports }) => Object.values(ports).map(endpointText)))
  const problems: Diagnostic[] = []
  for (const [containerPort, port] of Object.entries(request.spec.ports)) {
    if (port.hostPort === null || !containerPort.endsWith('/tcp') || held.has(endpointText(port))) continue
    const why = await refusal(port.address, port.hostPort)
    if (why === null) continue
    problems.push(
      diagnosticAt(request.origins ?? {}, pointer('ports', containerPort), {
        severity: 'error',
        code: 'resolve/port-in-use',
        summary: 'A host port cannot be had',
        detail: `${endpointText(port)} ${why}. Take another one, or write the container's port alone for any free one.`,
      }),
    )
  }
  if (problems.length > 0) throw new DiagnosticError(problems)
}

function endpointText({ address, hostPort }: PortSpec): string {
  return `${address}:${String(hostPort)}`
}

/** Null when the port could be listened on. Ports below 1024 are the engine's to open, whoever calls sbx. */
async function refusal(address: string, port: number): Promise<string | null> {
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host: address, port, exclusive: true }, resolve)
    })
    return null
  } catch (error) {
    const code = errorCode(error)
    if (code === 'EADDRINUSE') return 'is in use'
    if (code === 'EADDRNOTAVAIL') return 'is no address of this machine'
    if (code === 'EACCES') return null
    throw error
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}
