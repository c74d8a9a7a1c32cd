import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findSecretFiles, holdsKey, suspicion } from '../../src/resolve/secret-files.js'
import { machine } from './fixture.js'

test.each([
  ...['.env', '.env.production', '.env.local', 'prod.env', 'id_rsa', 'id_ed25519_sk', 'release.keystore', 'cert.p12'],
  ...['kubeconfig', 'prod.kubeconfig', '.netrc', '.pgpass', 'terraform.tfstate', 'terraform.tfstate.backup'],
])('%s looks like a secret by its name', (name) => {
  expect(suspicion(name)).toBe('name')
})

test.each([
  ...['.env.example', '.env.sample', '.env.template', 'example.env', 'id_rsa.pub', 'environment.ts', 'README.md'],
  ...['env', 'key.ts', 'secrets.ts', 'package.json'],
])('%s does not', (name) => {
  expect(suspicion(name)).toBeNull()
})

test.each([
  ...['server.pem', 'tls.key', '.npmrc', 'credentials', 'credentials.json', 'my-service-account.json', 'prod.tfvars'],
  'secrets.yaml',
])('%s may be one, by what is in it', (name) => {
  expect(suspicion(name)).toBe('contents')
})

test.each([
  ['-----BEGIN RSA PRIVATE KEY-----', true],
  ['-----BEGIN CERTIFICATE-----', false],
  ['[default]\naws_access_key_id = AKIAABCDEFGHIJKLMNOP', true],
  ['{"type":"service_account","private_key":"x"}', true],
  ['//registry.example.com/:_authToken=npm_abcdef', true],
  ['//registry.example.com/:_authToken=${NPM_TOKEN}', false],
  ['registry=https://example.com', false],
  ['password: ${DB_PASSWORD}', false],
])('%j holds a key: %s', (text, isOne) => {
  expect(holdsKey(text)).toBe(isOne)
})

test('a workspace is looked through, but for what others made, what is hidden and what is no file', async () => {
  const { workspace, write, folder } = machine()
  const at = (path: string): string => `home/ada/src/web/${path}`
  for (const path of [
    '.env',
    'deploy/.env.production',
    'node_modules/x/.env',
    '.git/.env',
    'keys/id_rsa',
    'hidden/.env',
  ]) {
    write(at(path), '')
  }
  write(at('tls/server.pem'), '-----BEGIN PRIVATE KEY-----\n')
  write(at('tls/ca.pem'), '-----BEGIN CERTIFICATE-----\n')
  write(at('a/b/c/d/e/.env'), 'too deep to be looked for')
  folder(at('.env.local'))
  symlinkSync('/etc/passwd', join(workspace, '.env.link'))
  expect(await findSecretFiles(workspace, ['hidden', 'keys/id_rsa'])).toEqual([
    ...['.env', 'deploy/.env.production', 'tls/server.pem'],
  ])
})
