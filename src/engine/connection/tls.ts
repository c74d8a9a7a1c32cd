import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isEngineError } from './errors.js'

/** PEM; `ca: undefined` trusts what Node trusts. */
export type Tls = {
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly rejectUnauthorized: boolean
}

/** From `ca.pem`, `cert.pem` and `key.pem`, each of which may be missing: a key is for engines that ask for one. */
export async function readTls(folder: string, rejectUnauthorized: boolean): Promise<Tls> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((file) => readPem(join(folder, file))),
  )
  return { ca, cert, key, rejectUnauthorized }
}

async function readPem(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isEngineError(error) && error.code === 'ENOENT') return undefined
    throw error
  }
}
