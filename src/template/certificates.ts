// The host's extra certificate authorities as files of a build context: one each, because update-ca-certificates makes
// its links only for files that hold a single certificate.

import { createHash } from 'node:crypto'
import type { ContextFile } from '../model/template.js'

const certificate = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g

/** By path in the context. The same authorities give the same files, in whatever order the host has them. */
export function certificateFiles(pem: string | null): Readonly<Record<string, ContextFile>> {
  const certificates = new Set((pem ?? '').match(certificate)?.map((text) => `${text.replaceAll('\r\n', '\n')}\n`))
  return Object.fromEntries(
    [...certificates]
      .map((text) => [`ca-certificates/host-${createHash('sha256').update(text).digest('hex').slice(0, 12)}.crt`, text])
      .sort()
      .map(([path, text]) => [path, { mode: 0o644, text }] as [string, ContextFile]),
  )
}
