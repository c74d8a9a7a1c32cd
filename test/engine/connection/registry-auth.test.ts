// Registry logins, read as the docker command keeps them.

import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { registryAuth, registryKey } from '../../../src/engine/connection/registry-auth.js'

let root: string
let env: Record<string, string>

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sbx-logins-'))
})
afterAll(async () => {
  await rm(root, { recursive: true })
})
beforeEach(() => {
  env = { HOME: root, DOCKER_CONFIG: join(root, 'config'), PATH: join(root, 'bin') }
})

async function configure(config: unknown): Promise<void> {
  await mkdir(join(root, 'config'), { recursive: true })
  await writeFile(join(root, 'config/config.json'), typeof config === 'string' ? config : JSON.stringify(config))
}

/** A credential helper that notes each call. */
async function helper(name: string, script: string): Promise<void> {
  await mkdir(join(root, 'bin'), { recursive: true })
  const file = join(root, 'bin', `docker-credential-${name}`)
  await writeFile(file, `#!/bin/sh\nread -r server\nprintf '%s\\n' "$1 $server $PWD" >> ${root}/calls\n${script}\n`)
  await chmod(file, 0o755)
}

/** What the engine is handed, decoded. */
async function login(reference: string): Promise<unknown> {
  const header = await registryAuth(env)(reference)
  if (header === null) return null
  expect(header).toMatch(/^[\w=-]+$/)
  return JSON.parse(Buffer.from(header, 'base64url').toString())
}

const failed = (code: string) => ({ diagnostics: [expect.objectContaining({ code })] })

test.each([
  ['debian:12', 'https://index.docker.io/v1/'],
  ['acme/agent:1', 'https://index.docker.io/v1/'],
  ['docker.io/acme/agent', 'https://index.docker.io/v1/'],
  ['index.docker.io/acme/agent', 'https://index.docker.io/v1/'],
  ['ghcr.io/acme/agent@sha256:00', 'ghcr.io'],
  ['localhost/agent', 'localhost'],
  ['127.0.0.1:5000/agent', '127.0.0.1:5000'],
])('the login for %s is kept under %s', (reference, key) => {
  expect(registryKey(reference)).toBe(key)
})

describe('the docker config file', () => {
  const base64 = (text: string): string => Buffer.from(text).toString('base64')

  test('that is not there, or has no login for a registry, gives none', async () => {
    await rm(join(root, 'config'), { recursive: true, force: true })
    expect(await login('ghcr.io/acme/agent')).toBeNull()
    await configure({ auths: { 'quay.io': { auth: base64('a:b') }, 'ghcr.io': {} } })
    expect(await login('ghcr.io/acme/agent')).toBeNull()
    expect(await login('constructor.io/acme/agent')).toBeNull()
  })

  test('gives what it has, in each of its forms', async () => {
    await configure({
      auths: {
        'ghcr.io': { auth: base64('me:pass:>>>>>?????') },
        'https://index.docker.io/v1/': { username: 'hub', password: 'word' },
        'https://old.example/v1/': { auth: base64('old:one') },
        'token.example': { auth: base64('00000000:'), identitytoken: 'identity' },
        'bearer.example': { registrytoken: 'bearer' },
      },
    })
    expect(await login('ghcr.io/a/b')).toEqual({
      ...{ username: 'me', password: 'pass:>>>>>?????', serveraddress: 'ghcr.io' },
    })
    expect(await login('debian')).toMatchObject({ username: 'hub', serveraddress: 'https://index.docker.io/v1/' })
    expect(await login('old.example/b')).toMatchObject({ username: 'old', password: 'one' })
    expect(await login('token.example/b')).toEqual({ identitytoken: 'identity', serveraddress: 'token.example' })
    expect(await login('bearer.example/b')).toMatchObject({ registrytoken: 'bearer' })
  })

  test('that is not JSON is named, and nothing of it shown', async () => {
    await configure('{"auths": {"ghcr.io": {"auth": "c2VjcmV0"} ')
    const refused = await login('ghcr.io/a/b').catch((error: unknown) => error)
    expect(refused).toMatchObject(failed('engine/docker-config'))
    expect(JSON.stringify(refused)).not.toContain('c2Vj')
  })

  test('must be at an absolute path: another would be a folder of the project', async () => {
    env['DOCKER_CONFIG'] = 'config'
    await expect(login('ghcr.io/a/b')).rejects.toMatchObject(failed('engine/docker-config-folder'))
  })
})

describe('a credential helper', () => {
  test('is asked once for a registry, with its name on standard input, and not in the project', async () => {
    await rm(join(root, 'calls'), { force: true })
    await configure({ credsStore: 'all', credHelpers: { 'ghcr.io': 'own' }, auths: { 'ghcr.io': {} } })
    await helper('own', `echo '{"ServerURL":"ghcr.io","Username":"me","Secret":"s3cret"}'`)
    await helper('all', `echo '{"Username":"<token>","Secret":"identity"}'`)
    const auth = registryAuth(env)
    expect(await auth('ghcr.io/a/b')).toBe(await auth('ghcr.io/c/d'))
    expect(await login('debian')).toMatchObject({ identitytoken: 'identity' })
    expect(await readFile(join(root, 'calls'), 'utf8')).toBe('get ghcr.io /\nget https://index.docker.io/v1/ /\n')
    expect(await login('ghcr.io/a/b')).toMatchObject({ username: 'me', password: 's3cret' })
  })

  test('that has no login gives none', async () => {
    await configure({ credsStore: 'empty' })
    await helper('empty', 'echo "credentials not found in native keychain"; exit 1')
    expect(await login('ghcr.io/a/b')).toBeNull()
  })

  test.each([
    ['that fails', 'fails', 'echo s3cret; echo "it is locked" >&2; exit 3'],
    ['that gives no JSON', 'odd', 'echo s3cret'],
    ['that gives no secret', 'half', `echo '{"Username":"s3cret"}'`],
  ])('%s is named, and what it gave is not shown', async (_, name, script) => {
    await configure({ credsStore: name })
    await helper(name, script)
    const refused = await login('ghcr.io/a/b').catch((error: unknown) => error)
    expect(refused).toMatchObject(failed('engine/credential-helper'))
    expect(JSON.stringify(refused)).toContain(`docker-credential-${name}`)
    expect(JSON.stringify(refused)).not.toContain('s3cret')
  })

  test('is not looked for beneath the working folder, nor by a path', async () => {
    await helper('there', `echo '{"Username":"me","Secret":"s3cret"}'`)
    await configure({ credsStore: '../bin/docker-credential-there' })
    await expect(login('ghcr.io/a/b')).rejects.toMatchObject(failed('engine/credential-helper'))
    await configure({ credsStore: 'there' })
    env['PATH'] = `:.:${relative(process.cwd(), join(root, 'bin'))}`
    await expect(login('ghcr.io/a/b')).rejects.toMatchObject(failed('engine/credential-helper'))
  })
})
