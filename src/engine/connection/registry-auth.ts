// The user's own registry logins, from where the docker command keeps them: `auths` of its config file, or the credential
// helpers that this names. Read when a registry is asked, kept in memory for this call, handed to the engine as a header.

import { join } from 'node:path'
import { askCredentialHelper, type RegistryLogin } from './credential-store.js'
import { dockerConfigFolder, memberOf, readDockerJson, textMemberOf, type Environment } from './docker-config.js'

/** Value of the header X-Registry-Auth; null where the user has no login for the registry of this image. */
export type RegistryAuth = (reference: string) => Promise<string | null>

export function registryAuth(env: Environment): RegistryAuth {
  const found = new Map<string, Promise<string | null>>()
  return (reference) => {
    const registry = registryKey(reference)
    const known = found.get(registry) ?? findLogin(registry, env).then((login) => headerOf(registry, login))
    found.set(registry, known)
    return known
  }
}

const dockerHub = 'https://index.docker.io/v1/'

/** Under what the docker command keeps the login for an image: its host, and for Docker Hub an address of old. */
export function registryKey(reference: string): string {
  const [host = '', ...path] = reference.split('/')
  const isHost = path.length > 0 && (/[.:]/.test(host) || host === 'localhost')
  return !isHost || host === 'docker.io' || host === 'index.docker.io' ? dockerHub : host
}

async function findLogin(registry: string, env: Environment): Promise<RegistryLogin | null> {
  const config = await readDockerJson(join(dockerConfigFolder(env), 'config.json'))
  const helper = textMemberOf(memberOf(config, 'credHelpers'), registry) ?? textMemberOf(config, 'credsStore')
  return helper === undefined
    ? loginInFile(memberOf(config, 'auths'), registry)
    : askCredentialHelper(helper, registry, env)
}

/** Keys are hosts, or addresses as older commands wrote them: `https://registry.example/v1/`. */
function loginInFile(auths: unknown, registry: string): RegistryLogin | null {
  const keys = typeof auths === 'object' && auths !== null ? Object.keys(auths) : []
  const key = keys.includes(registry) ? registry : keys.find((other) => hostOf(other) === hostOf(registry))
  if (key === undefined) return null
  const entry = memberOf(auths, key)
  const identitytoken = textMemberOf(entry, 'identitytoken')
  if (identitytoken !== undefined) return { identitytoken }
  const registrytoken = textMemberOf(entry, 'registrytoken')
  if (registrytoken !== undefined) return { registrytoken }
  const encoded = textMemberOf(entry, 'auth')
  const [, username, password] =
    encoded === undefined
      ? [null, textMemberOf(entry, 'username'), textMemberOf(entry, 'password')]
      : (/^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8').replace(/\0+$/, '')) ?? [])
  return username && password ? { username, password } : null
}

function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/.*$/s, '')
}

/** Base64 for URLs, with its padding: the engine takes no other. */
function headerOf(registry: string, login: RegistryLogin | null): string | null {
  if (login === null) return null
  const json = JSON.stringify({ ...login, serveraddress: registry })
  return Buffer.from(json).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}
