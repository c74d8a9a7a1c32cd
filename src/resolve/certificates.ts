// Certificate authorities that somebody added to this machine: a company's proxy, most often. Builds and agents inside
// need them as much as programs outside do.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { fail } from '../model/diagnostic.js'
import { errorCode, readIfThere, readTextIfThere, realPathIfThere } from './read.js'
import type { HostEnv } from './variables.js'

/** Where Debian and Alpine, Fedora, SUSE and Arch keep what the administrator added, and nothing else. */
export const localAnchorFolders = [
  '/usr/local/share/ca-certificates',
  '/etc/pki/ca-trust/source/anchors',
  '/etc/pki/trust/anchors',
  '/etc/ca-certificates/trust-source/anchors',
]

/** Variables by which a user adds authorities of their own. Their files can also be copies of the whole stock. */
const variables = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE']

/** The system's whole bundle under its many names: what was added to it is in the folders above. */
export const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/var/lib/ca-certificates/ca-bundle.pem',
  '/etc/ca-certificates/extracted/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
  '/private/etc/ssl/cert.pem',
]

const certificateBlock = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g

/**
 * PEM text of every added authority, each once, or null when there is none. The order is that of their content, so that
 * a renamed file changes nothing. Of the variables' files what Node ships as roots is left out. The keychain of macOS is
 * not asked (a slow call): there NODE_EXTRA_CA_CERTS is the way.
 */
export async function readCertificates(
  env: HostEnv,
  anchorFolders: readonly string[] = localAnchorFolders,
  bundles: readonly string[] = systemBundles,
): Promise<string | null> {
  const found = await Promise.all([
    ...anchorFolders.map((folder) => readOrFail(folder, readFolder)),
    ...variables.map((variable) => readOrFail(env[variable] ?? '', (file) => readBundle(file, bundles))),
  ])
  const bodies = [...new Set(found.flat())].sort()
  return bodies.length === 0 ? null : bodies.map(pem).join('')
}

async function readOrFail(
  path: string,
  read: (path: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  try {
    return path === '' ? [] : await read(path)
  } catch (error) {
    const code = errorCode(error)
    if (code === undefined) throw error
    return fail('resolve/certificates', 'The certificates added to this machine cannot be read', {
      detail: `${path}: ${code}. They are needed inside as well; make them readable.`,
    })
  }
}

async function readFolder(folder: string): Promise<readonly string[]> {
  const entries = await readIfThere(folder, (path) => readdir(path, { recursive: true, withFileTypes: true }))
  if (entries === null) return []
  const files = entries.filter((entry) => !entry.isDirectory() && /\.(crt|pem|cer)$/.test(entry.name))
  const texts = await Promise.all(files.map((entry) => readTextIfThere(join(entry.parentPath, entry.name))))
  return texts.flatMap((text) => (text === null ? [] : certificateBodies(text)))
}

async function readBundle(file: string, bundles: readonly string[]): Promise<readonly string[]> {
  const path = realPathIfThere(file)
  if (path === null || bundles.includes(path)) return []
  const stock = new Set(rootCertificates.flatMap(certificateBodies))
  return certificateBodies(await readFile(path, 'utf8')).filter((body) => !stock.has(body))
}

/** The base64 of each certificate without its line breaks: equal where the certificates are. */
function certificateBodies(text: string): string[] {
  return [...text.matchAll(certificateBlock)].map((match) => (match[1] ?? '').replaceAll(/\s+/g, ''))
}

function pem(body: string): string {
  return `-----BEGIN CERTIFICATE-----\n${body.replaceAll(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`
}
