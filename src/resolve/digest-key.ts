// The key of the digests that stand for host values in a record. It stays in the user's config folder, so that nothing
// can be guessed from a label by who does not have it. Losing it costs one round of "(cannot compare)".

import { createHmac, randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fail } from '../model/diagnostic.js'
import { canonicalJson } from '../model/json.js'
import { errorCode, readIfThere } from './read.js'

export type DigestKey = {
  /** Names the key without telling it. */
  readonly id: string
  /** Of one value of one sandbox: 32 hex digits. */
  digest(sandboxId: string, name: string, value: string): string
  /** Of a whole text that this user stands by: 64 hex digits. */
  seal(text: string): string
}

const keyBytes = 32

/** Reads the key of this user, and makes it when there is none: all that a plan may write beside its own compiled code. */
export async function readDigestKey(configFolder: string): Promise<DigestKey> {
  const file = join(configFolder, 'digest-key')
  try {
    const key = (await readIfThere(file, (path) => readFile(path))) ?? (await makeKey(configFolder, file))
    return digestKey(key, file)
  } catch (error) {
    const code = errorCode(error)
    if (code === undefined) throw error
    return unusable(file, `It cannot be read or made (${code}).`)
  }
}

/**
 * A link appears whole or not at all, and fails where another process was first: whoever loses takes the winner's key, so
 * two first runs at once agree.
 */
async function makeKey(configFolder: string, file: string): Promise<Buffer> {
  await mkdir(configFolder, { recursive: true, mode: 0o700 })
  const draft = `${file}.${process.pid}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, randomBytes(keyBytes), { mode: 0o600, flag: 'wx' })
  try {
    await link(draft, file)
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  } finally {
    await rm(draft)
  }
  return readFile(file)
}

function digestKey(key: Buffer, file: string): DigestKey {
  if (key.length !== keyBytes) return unusable(file, `It has ${key.length} bytes instead of ${keyBytes}.`)
  const hmac = (text: string): string => createHmac('sha256', key).update(text).digest('hex')
  return {
    id: hmac('sbx digest key').slice(0, 12),
    digest: (sandboxId, name, value) => hmac(canonicalJson([sandboxId, name, value])).slice(0, 32),
    // No other text that is digested begins like this.
    seal: (text) => hmac(`sbx seal\n${text}`),
  }
}

function unusable(file: string, why: string): never {
  return fail('resolve/digest-key', 'The key for digests of host values cannot be used', {
    detail: `${file}: ${why} It can be removed: a new one is made, and values of before are told as not comparable once.`,
  })
}
