import type { Client } from './client.js'

/** Which engine it is, as its command is called, and its version. One GET. */
export async function describeEngine(
  client: Client,
): Promise<{ readonly kind: 'docker' | 'podman'; readonly version: string }> {
  const version = await client.call('ask for its version', client.docker.version())
  const parts = 'Components' in version ? (version.Components as readonly { Name: string }[]) : []
  const isPodman = parts.some(({ Name }) => Name === 'Podman Engine')
  return { kind: isPodman ? 'podman' : 'docker', version: version.Version }
}
