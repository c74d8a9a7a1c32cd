// Files of a workspace that look like the keys of something that runs for real, by their names; where a name can be anything,
// by how what is in them begins. What is in them is never told.

import { constants, readdirSync, type Dirent } from 'node:fs'
import { join } from 'node:path'
import { openWithoutLinks } from './host-file.js'
import { errorCode } from './read.js'

/** Far more than a project has in the folders where such files are; a plan does not wait for more. */
const mostEntries = 5000
const deepest = 5
/** In bytes. */
const largest = 64 * 1024
const mostFound = 50

/** What others made, and what is made from the rest. */
const passedOver = /^(\.git|node_modules|\.venv|venv|vendor|target|dist|build|__pycache__|\.next|\.cache)$/

const byName: readonly RegExp[] = [
  /^\.env$/,
  /^\.env\.(?!(example|sample|template|dist|defaults?|schema|test)$)[^/]+$/,
  /^(?!(example|sample|template)\.)[^/]+\.env$/,
  /^id_(rsa|dsa|ecdsa|ed25519)(_sk)?$/,
  /\.(p12|pfx|jks|keystore|kdbx|ppk)$/,
  /(^|\.)kubeconfig$/,
  /^([._]netrc|\.pgpass|\.git-credentials|\.vault-token|\.dev\.vars)$/,
  /\.tfstate(\.backup)?$/,
]

const byContents: readonly RegExp[] = [
  /\.(pem|key|tfvars)$/,
  /^credentials/,
  /^(\.npmrc|\.yarnrc\.yml|\.pypirc|\.envrc)$/,
  /(service[-_]?account|firebase|gcp|google)[^/]*\.json$/i,
  /^secrets?\.(ya?ml|json|toml|ini)$/,
]

const keys: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\bA[KS]IA[A-Z0-9]{16}\b/,
  /\b(aws_secret_access_key|client_secret|private_key|refresh_token)\b["']?\s*[:=]\s*["']?[^\s"'$]/i,
  /\b(ghp|gho|github_pat|glpat|sk_live|xox[abp])[_-][A-Za-z0-9_-]{16,}/,
  /_(authToken|password|auth)\s*=\s*(?!\$\{)\S/,
  /\b(password|passwd|token|api[-_]?key)\b["']?\s*[:=]\s*["']?[^\s"'$]{8,}/i,
]

/** Why a file of this name would be one; null where nothing speaks for it. */
export function suspicion(name: string): 'name' | 'contents' | null {
  if (byName.some((pattern) => pattern.test(name))) return 'name'
  return byContents.some((pattern) => pattern.test(name)) ? 'contents' : null
}

export function holdsKey(text: string): boolean {
  return keys.some((pattern) => pattern.test(text))
}

/** Paths in the workspace, sorted; none that is hidden or in a folder that is. */
export async function findSecretFiles(workspace: string, hidden: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  const folders: { readonly path: string; readonly depth: number }[] = [{ path: '', depth: 1 }]
  let count = 0
  for (const { path: folder, depth } of folders) {
    for (const entry of entriesOf(join(workspace, folder))) {
      if (++count > mostEntries || found.length === mostFound) return found.sort()
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (hidden.includes(path)) continue
      if (entry.isDirectory()) {
        if (depth < deepest && !passedOver.test(entry.name)) folders.push({ path, depth: depth + 1 })
      } else if (entry.isFile() && (await isSecret(join(workspace, path), entry.name))) found.push(path)
    }
  }
  return found.sort()
}

async function isSecret(path: string, name: string): Promise<boolean> {
  switch (suspicion(name)) {
    case null:
      return false
    case 'name':
      return true
    case 'contents':
      return holdsKey(await beginningOf(path))
  }
}

/** Nothing of what cannot be read, which is nobody's to hand out by mistake. */
async function beginningOf(path: string): Promise<string> {
  try {
    const handle = await openWithoutLinks(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const buffer = Buffer.alloc(largest)
      const { bytesRead } = await handle.read(buffer, 0, largest, 0)
      return buffer.toString('utf8', 0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (errorCode(error) === undefined) throw error
    return ''
  }
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if (errorCode(error) === undefined) throw error
    return []
  }
}
