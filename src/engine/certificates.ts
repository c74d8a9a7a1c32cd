import { Readable } from 'node:stream'
import { pack } from 'tar-stream'
import type { Client } from './client.js'

const folder = 'usr/local/share/ca-certificates'

/**
 * Puts the host's own certificate authorities where a distribution looks for such; the entrypoint adds them to its bundle
 * and tells sessions. One file each, as `update-ca-certificates` wants it.
 */
export async function putCertificates(client: Client, containerId: string, pem: string): Promise<void> {
  const archive = pack()
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? []
  for (const [index, certificate] of certificates.entries()) {
    archive.entry({ name: `${folder}/sbx-host-${index + 1}.crt`, mode: 0o644 }, `${certificate.replaceAll('\r', '')}\n`)
  }
  archive.finalize()
  const container = client.docker.getContainer(containerId)
  await client.call(
    'give the sandbox the certificates of this machine',
    container.putArchive(Readable.from(archive), { path: '/' }),
  )
}
