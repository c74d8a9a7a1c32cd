import { rootCertificates } from 'node:tls'
import { expect, test } from 'vitest'
import { readCertificates } from '../../src/resolve/certificates.js'
import { machine } from './fixture.js'

function pem(body: string): string {
  return `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`
}

const company = pem('Q09NUEFOWQ==')
const lab = pem('TEFC')

test('a stock machine has no extra authorities', async () => {
  const { folder } = machine()
  expect(await readCertificates({}, [folder('anchors'), '/nowhere'], [])).toBeNull()
})

test('what the administrator added is found in any depth, once, in an order of its own', async () => {
  const { folder, write } = machine()
  write('a/company.crt', `# The company's\n${company}`)
  write('a/more/lab.crt', lab)
  write('a/readme.txt', pem('Tk8='))
  write('b/0-lab.crt', lab.replaceAll('\n', '\r\n'))
  write('b/1-company.pem', company)
  const both = company + lab
  expect(await readCertificates({}, [folder('a')], [])).toBe(both)
  expect(await readCertificates({}, [folder('b')], [])).toBe(both)
  expect(await readCertificates({}, [folder('a'), folder('b')], [])).toBe(both)
})

test("variables add authorities, without the system's bundle and without the stock in a copy", async () => {
  const { write } = machine()
  const system = write('bundle.crt', company + lab)
  const copy = write('copy.pem', rootCertificates.join('\n') + '\n' + company)
  expect(await readCertificates({ NODE_EXTRA_CA_CERTS: system }, [], [system])).toBeNull()
  expect(await readCertificates({ NODE_EXTRA_CA_CERTS: '/nowhere.pem', SSL_CERT_FILE: '' }, [], [])).toBeNull()
  expect(await readCertificates({ SSL_CERT_FILE: copy }, [], [system])).toBe(company)
})
