import { expect, test } from 'vitest'
import { certificateFiles } from '../../src/template/certificates.js'
import { certificate } from './fixture.js'

test('every authority is a file of its own, the same for the same authorities', () => {
  const files = certificateFiles(`# A\n${certificate('AAAA')}# B\n${certificate('BBBB')}`)
  expect(
    Object.values(files)
      .map((file) => 'text' in file && file.text)
      .sort(),
  ).toEqual([certificate('AAAA'), certificate('BBBB')])
  expect(Object.keys(files).every((path) => /^ca-certificates\/host-[0-9a-f]{12}\.crt$/.test(path))).toBe(true)
  const again = certificateFiles(
    certificate('BBBB') + certificate('AAAA').replaceAll('\n', '\r\n') + certificate('BBBB'),
  )
  expect(again).toEqual(files)
  expect(Object.keys(again)).toEqual(Object.keys(files))
})

test('without one there is no file', () => {
  expect(certificateFiles(null)).toEqual({})
  expect(certificateFiles('')).toEqual({})
  expect(certificateFiles('-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n')).toEqual({})
})
