// The host's own login of an agent, for credentials mode `host`: read when a session starts, kept nowhere.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { AgentDescriptor } from '../../model/template.js'
import type { Host } from '../../resolve/host.js'
import { readTextIfThere } from '../../resolve/read.js'
import { hostToken } from '../../template/login.js'

/** Throws a DiagnosticError where there is none or it has expired. */
export async function readHostLogin(agent: AgentDescriptor, host: Host): Promise<string> {
  return hostToken(agent, await loginText(agent, host), Date.now())
}

async function loginText({ login }: AgentDescriptor, host: Host): Promise<string | null> {
  if (login === null || 'cannot' in login.host) return null
  const { file, keychain } = login.host
  if (host.platform === 'darwin' && keychain !== null) return keychainItem(keychain)
  return file === null ? null : readTextIfThere(join(host.home, file.replace(/^~\//, '')))
}

/** Null where the Keychain has no such item, which `security` says with exit code 44. */
async function keychainItem(service: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('security', ['find-generic-password', '-s', service, '-w'])
    return stdout
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 44) return null
    throw error
  }
}
