import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Config, Origins } from '../../src/model/config.js'
import { resolveEnvironment, type Environment } from '../../src/resolve/environment.js'
import type { Host } from '../../src/resolve/host.js'
import { fromLine, machine } from './fixture.js'

/** Digests are told by what they are of, so that a test can read them. */
const digestKey: Host['digestKey'] = () =>
  Promise.resolve({
    id: 'key',
    digest: (sandboxId, name, value) => `<${sandboxId} ${name} ${value.length}>`,
    seal: () => '',
  })

function resolve(config: Config, env: Record<string, string> = {}, origins: Origins = {}): Promise<Environment> {
  return resolveEnvironment({ config, origins, env, sandboxId: 'web-1', digestKey })
}

test('what is in the file is kept as it is, what is not is a digest', async () => {
  const { env, hostVariables } = await resolve(
    {
      env: {
        LITERAL: 'a$${b}',
        FROM_HOST: 'x-${env:TOKEN}',
        DEFAULT: '${env:UNSET:-eu}',
        TYPED: 'secret',
        HANDED: '${env:TOKEN}',
      },
    },
    { TOKEN: '12345' },
    { '/env/TYPED': { kind: 'flag', flag: '-e' }, '/env/HANDED': { kind: 'flag', flag: '-e' } },
  )
  expect(env).toEqual({
    LITERAL: { from: 'file', value: 'a${b}' },
    FROM_HOST: { from: 'host', text: 'x-${env:TOKEN}', digest: '<web-1 FROM_HOST 7>' },
    DEFAULT: { from: 'host', text: '${env:UNSET:-eu}', digest: '<web-1 DEFAULT 2>' },
    TYPED: { from: 'flag', digest: '<web-1 TYPED 6>' },
    HANDED: { from: 'host', text: '${env:TOKEN}', digest: '<web-1 HANDED 5>' },
  })
  expect(hostVariables).toEqual([
    { name: 'TOKEN', path: '/env/FROM_HOST' },
    { name: 'UNSET', path: '/env/DEFAULT' },
    { name: 'TOKEN', path: '/env/HANDED' },
  ])
})

test('env files and secrets are digests by name', async () => {
  const { write } = machine()
  const file = write('values.env', '# note\nA=1\nexport B="two words"\nC=\n')
  const key = write('key', 'sk-123\n')
  const { envFile, secrets, warnings } = await resolve(
    { envFile: { [file]: { optional: false } }, secrets: { KEY: { file: key }, TOKEN: { env: 'HOST_TOKEN' } } },
    { HOST_TOKEN: 'abcd' },
  )
  expect(envFile).toEqual({
    [file]: { optional: false, values: { A: '<web-1 A 1>', B: '<web-1 B 9>', C: '<web-1 C 0>' } },
  })
  expect(secrets).toEqual({
    KEY: { file: key, digest: '<web-1 KEY 6>' },
    TOKEN: { env: 'HOST_TOKEN', digest: '<web-1 TOKEN 4>' },
  })
  expect(warnings).toEqual([])
})

test('what is missing on this machine is a warning with its line, and no digest', async () => {
  const { root } = machine()
  const [gone, maybe] = [join(root, 'gone.env'), join(root, 'maybe.env')]
  const origins = {
    '/env/A': fromLine(3),
    '/envFile': fromLine(5),
    '/secrets/K': fromLine(8),
    '/secrets/F': fromLine(9),
  }
  const { env, envFile, secrets, warnings } = await resolve(
    {
      env: { A: '${env:ONE}-${env:TWO}' },
      envFile: { [gone]: { optional: false }, [maybe]: { optional: true } },
      secrets: { K: { env: 'THREE' }, F: { file: gone } },
    },
    {},
    origins,
  )
  expect(env.A).toEqual({ from: 'host', text: '${env:ONE}-${env:TWO}', digest: null })
  expect(envFile).toEqual({
    [gone]: { optional: false, values: null },
    [maybe]: { optional: true, values: null },
  })
  expect(secrets).toEqual({ K: { env: 'THREE', digest: null }, F: { file: gone, digest: null } })
  expect(warnings.map(({ severity, code, at }) => [severity, code, at?.line])).toEqual([
    ['warning', 'resolve/missing-variable', 3],
    ['warning', 'resolve/missing-file', 5],
    ['warning', 'resolve/missing-variable', 8],
    ['warning', 'resolve/missing-file', 9],
  ])
  expect(warnings[0]?.detail).toContain('A needs ONE, TWO from this machine')
})

test('a folder in place of an env file is told, also when the file is optional', async () => {
  const { folder } = machine()
  const path = folder('folder')
  const { envFile, warnings } = await resolve({ envFile: { [path]: { optional: true } } })
  expect(envFile[path]?.values).toBeNull()
  expect(warnings).toMatchObject([{ detail: expect.stringContaining('is no file') as string }])
})

test('the real path of a linked file is known, for its grant', async () => {
  const { root, write } = machine()
  const real = write('elsewhere/values.env', 'A=1')
  const link = join(root, 'values.env')
  symlinkSync(real, link)
  const { realPaths } = await resolve({ envFile: { [link]: { optional: false } } })
  expect(Object.values(realPaths)).toEqual([real])
})

test('without a value that is not in the file no key is asked for', async () => {
  const never: Host['digestKey'] = () => Promise.reject(new Error('asked'))
  const config: Config = { env: { A: '1', B: '${env:UNSET}' }, envFile: { '/nowhere/x': { optional: true } } }
  await resolveEnvironment({ config, origins: {}, env: {}, sandboxId: 'web-1', digestKey: never })
})

test('a file with values is read up to a size, and one beyond it is told', async () => {
  const { write } = machine()
  const most = write('most.env', `A=${'x'.repeat(256 * 1024 - 2)}`)
  const more = write('more.env', `A=${'x'.repeat(256 * 1024 - 1)}`)
  const { envFile, warnings } = await resolve({ envFile: { [most]: { optional: false }, [more]: { optional: true } } })
  expect([envFile[most]?.values, envFile[more]?.values]).toEqual([expect.anything(), null])
  expect(warnings).toMatchObject([{ detail: expect.stringContaining('more than the 262144 bytes') as string }])
})
