import { Readable } from 'node:stream'
import { pack } from 'tar-stream'
import type { Client } from '../connection/client.js'

/**
 * Puts the host's own certificate authorities where a distribution looks for more; the entrypoint adds them to the bundle
 * and says where that is to sessions.
 */
export async function putCertificates(client: Client, containerId: string, pem: string): Promise<void> {
  const archive = pack()
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? []
  const text = certificates.map((certificate) => `${certificate.replaceAll('\r', '')}\n`).join('')
  archive.entry({ name: 'usr/local/share/ca-certificates/sbx-host.crt', mode: 0o644 }, text)
  archive.finalize()
  const container = client.docker.getContainer(containerId)
  const archived = container.putArchive(Readable.from(archive), { path: '/' })
  await client.call('give the sandbox the certificates of this machine', archived)
}
